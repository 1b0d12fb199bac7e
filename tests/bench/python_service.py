"""The yardstick of suite `rest`: a service of the design that this project replaces, FastAPI over a joblib file.

As there, a request costs one predict and, with `score`, one score_samples. Serve it with
`MODEL=model.joblib uvicorn --app-dir tests/bench python_service:app`.
"""
import os
from typing import List, Optional

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
forest = joblib.load(os.environ["MODEL"])


class Question(BaseModel):
    feature_vector: List[float]
    score: Optional[bool] = False


@app.post("/prediction")
def prediction(question: Question):
    answer = {"is_inlier": int(forest.predict([question.feature_vector])[0])}
    if question.score:
        answer["anomaly_score"] = float(forest.score_samples([question.feature_vector])[0])
    return answer


@app.get("/model_information")
def model_information():
    return forest.get_params()
