"""Requests drawn from /openapi.json, good and bad: never 500, always an answer that the document has."""
import http.client
import json
import os
import random
import urllib.parse

import jsonschema

import support

MODEL = "models: [{name: mean_sd, file: mean_sd.model}]\n"
# As the document's examples have it: `node`, by `instance`, of two features; web-1 is one of the hosts.
DETECTOR = """
  - name: node
    by: [instance]
    interval: 5s
    history: 8h
    season: [6h]
    novelty: 1h
    features:
      - {name: cpu, query: fleet_cpu}
      - {name: load, query: fleet_load}
"""
ROUNDS = 60  # of each kind, per operation
# What the server may answer before a route: the response `default` tells these.
REFUSED = {400, 401, 408, 413, 414, 415, 429, 431, 503}
TEXTS = ["", "mean_sd", "node", "none", "web-1", "NaN", "nan", "+Inf", "1", "é", "日本", "\u0000", "a\nb", "{}", "../..",
         "%00", "'\"<b>", "x" * 3000, "2026-03-01T00:00:00Z", "2026-13-01T00:00:00Z", "-1", "1e400"]
NUMBERS = [0, 1, -1, 0.5, -0.0, 2**31, 2**53 + 1, -2**63, 2**64, 1e308, -1e308, 5e-324, 1e-400, 12.25]
ODD = [None, True, False, [], {}, [[]], [{}], "", "x", 0, -1, 1.5, 1e308, 10**400, [[[[1]]]], {"": ""}, {"a": {"a": {}}}]
HOSTILE = [b"", b" ", b"\x00", b"null", b"true", b"[]", b"{}", b"{", b"[" * 100000, b'{"a":' * 50000, b'"\\ud800"',
           b'{"feature_vector":[1,2],"model":"\\ud800"}', b'{"feature_vector":[1,2],"model":"\xff\xfe"}', b"\xff\xfe{\x00}\x00",
           b'\xef\xbb\xbf{"feature_vector":[1,2]}', b'{"feature_vector":[1,2],"feature_vector":[1]}',
           b'{"feature_vector":[NaN,Infinity]}', b'{"feature_vector":[1e400,-1e400]}', b'{"feature_vector":[01,+1,.5]}',
           b'{"feature_vector":[1,2],}', b'{"feature_vector":[1,2]}x', b"{'feature_vector':[1,2]}",
           b'{"feature_vector":[' + b"9" * 5000 + b",2]}", b'{"feature_vector":[' + b"1," * 100000 + b"1]}",
           b'{"feature_vectors":[' + b"[]," * 100000 + b"[]]}", b'{"feature_vectors":[[1,2],[1],["x",null]]}',
           b'{"feature_vector":[1,2],"entity":{"":""}}', b'{"feature_vector":[1,2],"entity":{"instance":"\\u0000"}}',
           b'{"feature_vector":[1,2],"entity":{"instance":1}}', b'{"feature_vector":[1,2],"time":1e300}',
           b'{"feature_vector":[1,2],"model":"node","entity":{"instance":"web-1"},"time":-1e18}',
           b'{"feature_vector":[1,2],"model":"node","entity":{"instance":"web-1"},"time":"yesterday"}',
           b'{"feature_vector":"[1,2]"}', b'{"feature_vector":{"0":1,"1":2}}', b'{"\\u0000":1,"feature_vector":[1,2]}',
           b"x" * (2 << 20), os.urandom(0) + bytes(range(256))]


class Document:
    """The served document: its operations, schemas, and drawing from them."""

    def __init__(self, text):
        self.root = json.loads(text)
        self.resolver = jsonschema.RefResolver("", self.root)
        self.operations = [(method.upper(), path, operation) for path, methods in self.root["paths"].items()
                           for method, operation in methods.items()]

    def follow(self, node):
        while "$ref" in node:
            node = {**self.resolver.resolve(node["$ref"])[1], **{k: v for k, v in node.items() if k != "$ref"}}
        return node

    def errors(self, schema, value):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        return [f"{list(error.absolute_path)}: {error.message[:300]}" for error in validator.iter_errors(value)]

    def draw(self, draw, schema, depth=0):
        """Returns a value that the schema allows."""
        schema = self.follow(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return draw.choice(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if key in schema and "properties" not in schema:
                return self.draw(draw, draw.choice(schema[key]), depth + 1)
        kind = schema.get("type", "string")
        return getattr(self, "draw_" + (draw.choice(kind) if isinstance(kind, list) else kind))(draw, schema, depth)

    def draw_object(self, draw, schema, depth):
        branches = [set(branch.get("required", [])) for branch in schema.get("oneOf", [])] or [set()]
        branch = draw.choice(branches)
        forbidden = set().union(*branches) - branch
        wanted = branch | set(schema.get("required", []))
        value = {name: self.draw(draw, inner, depth + 1) for name, inner in schema.get("properties", {}).items()
                 if name not in forbidden and (name in wanted or draw.random() < 0.4)}
        if isinstance(schema.get("additionalProperties"), dict):
            names = draw.sample(["instance", "job", "", "é"], draw.choice([0, 1, 1, 2]))
            value.update({name: self.draw(draw, schema["additionalProperties"], depth + 1) for name in names})
        return value

    def draw_array(self, draw, schema, depth):
        length = max(schema.get("minItems", 0), draw.choice([0, 1, 2, 2, 2, 2, 3, 40]))
        return [self.draw(draw, schema.get("items", {}), depth + 1) for _ in range(length)]

    @staticmethod
    def draw_string(draw, schema, _):
        texts = [text for text in TEXTS if len(text) >= schema.get("minLength", 0)]
        return draw.choice(texts)

    @staticmethod
    def draw_number(draw, schema, _):
        low, high = schema.get("minimum"), schema.get("maximum")
        fits = [number for number in NUMBERS if (low is None or number >= low) and (high is None or number <= high)]
        return draw.choice(fits)

    def draw_integer(self, draw, schema, depth):
        return int(self.draw_number(draw, {"minimum": -2**53, "maximum": 2**53, **schema}, depth))

    @staticmethod
    def draw_boolean(draw, _, __):
        return draw.random() < 0.5

    @staticmethod
    def draw_null(*_):
        return None


def spoil(draw, value):
    """Returns the value with one place replaced, taken away or doubled."""
    if isinstance(value, dict) and value and draw.random() < 0.8:
        key = draw.choice(list(value))
        if draw.random() < 0.2:
            return {other: inner for other, inner in value.items() if other != key}
        return {**value, key: spoil(draw, value[key])}
    if isinstance(value, list) and value and draw.random() < 0.6:
        at = draw.randrange(len(value))
        if draw.random() < 0.2:
            return value[:at] + value[at:] + value[at:]
        return [*value[:at], spoil(draw, value[at]), *value[at + 1:]]
    return draw.choice(ODD)


class OpenApiRandom(support.ExporterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = os.path.join(cls.shared, "exporter")
        os.makedirs(cls.folder)
        cls.config = os.path.join(cls.folder, "config.yaml")
        draw = random.Random(16)
        with open(os.path.join(cls.folder, "train.csv"), "w", encoding="utf-8") as out:
            out.write("mean,sd\n" + "".join(f"{draw.gauss(0.5, 0.1)},{draw.gauss(0.2, 0.05)}\n" for _ in range(500)))
        code, _, said = cls.run_binary(cls, "train", "--csv", "train.csv", "-o", "mean_sd.model")
        assert code == 0, said
        cls.write_config(cls, DETECTOR, MODEL)
        cls.exporter = support.Exporter(cls.config)
        cls.addClassCleanup(lambda: cls.exporter.end())
        cls.exporter.wait_scores("node")
        cls.document = Document(cls.exporter.get("/openapi.json")[2])
        cls.connection = http.client.HTTPConnection(cls.exporter.url.removeprefix("http://"), timeout=30)

    def setUp(self):
        pass

    def tearDown(self):
        self.assertEqual(200, self.exporter.get("/-/healthy")[0])
        self.assertNotIn("Request failed", self.exporter.log())

    def send(self, method, path, body=None, headers=None):
        """Returns status, media type and bytes."""
        for again in (False, True):
            try:
                self.connection.request(method, path, body, headers or {})
                answer = self.connection.getresponse()
                return answer.status, (answer.headers.get_content_type() if "Content-Type" in answer.headers else None), answer.read()
            except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
                self.connection.close()  # the server ended it after a refusal
                if again:
                    raise

    def check(self, operation, request, answer):
        """Fails unless the operation's document has the answer; returns its status and body."""
        status, media_type, body = answer
        said = f"{str(request)[:600]} -> {status} {media_type} {body[:600]}"
        known = operation["responses"].get(str(status))
        if known is None:
            self.assertIn(status, REFUSED, said)
            known = operation["responses"]["default"]
        known = self.document.follow(known)
        self.assertTrue(status != 500 or operation["operationId"].startswith("reload"), said)
        if not known.get("content"):
            self.assertEqual(b"", body, said)
            return status, None
        self.assertIn(media_type, known["content"], said)
        schema = known["content"][media_type]["schema"]
        value = json.loads(body, parse_constant=self.fail) if media_type == "application/json" else body.decode()
        self.assertEqual([], self.document.errors(schema, value), said)
        return status, value

    def query(self, operation, values):
        pairs = [(name, each) for name, value in values.items() for each in (value if isinstance(value, list) else [value])]
        return "?" + urllib.parse.urlencode([(name, self.text(value)) for name, value in pairs], errors="surrogatepass") if pairs else ""

    @staticmethod
    def text(value):
        return value if isinstance(value, str) else json.dumps(value)

    def schema_of_body(self, operation):
        return operation["requestBody"]["content"]["application/json"]["schema"]

    def test_each_example_of_a_request_is_answered_200(self):
        sent = 0
        for method, path, operation in self.document.operations:
            values = {each["name"]: each["example"] for each in operation.get("parameters", []) if "example" in each}
            bodies = [each["value"] for content in operation.get("requestBody", {}).get("content", {}).values()
                      for each in content.get("examples", {}).values()]
            for body in bodies or [None]:
                with self.subTest(method=method, path=path, body=body):
                    target = path + self.query(operation, values)
                    answer = self.send(method, target, None if body is None else json.dumps(body))
                    status, value = self.check(operation, (method, target, body), answer)
                    self.assertEqual(200, status, value)
                    sent += 1
        self.assertGreater(sent, 10)

    def test_what_the_document_allows_is_understood(self):
        draw = random.Random(16)
        seen = set()
        for method, path, operation in self.document.operations:
            for _ in range(ROUNDS if operation.get("parameters") or "requestBody" in operation else 2):
                target = path + self.query(operation, {
                    each["name"]: self.document.draw(draw, each["schema"]) for each in operation.get("parameters", [])
                    if each["in"] == "query" and (each.get("required") or draw.random() < 0.6)})
                body = None
                if "requestBody" in operation:
                    value = self.document.draw(draw, self.schema_of_body(operation))
                    self.assertEqual([], self.document.errors(self.schema_of_body(operation), value))
                    body = json.dumps(value)
                request = (method, target, body)
                status, value = self.check(operation, request, self.send(method, target, body))
                seen.add((operation["operationId"], status))
                if status == 422:
                    kinds = [detail["type"] for detail in value["detail"]]
                    self.assertFalse([kind for kind in kinds if kind.startswith("type_error") or "json" in kind], (request, value))
        self.assertIn(("predict", 200), seen)
        self.assertIn(("predict", 422), seen)

    def test_what_the_document_does_not_allow_is_refused_in_its_words(self):
        draw = random.Random(17)
        for method, path, operation in self.document.operations:
            for _ in range(ROUNDS):
                target = path + self.query(operation, {
                    draw.choice([each["name"], each["name"].upper(), "x"]): draw.choice(TEXTS)
                    for each in operation.get("parameters", []) if draw.random() < 0.8})
                body = None
                if "requestBody" in operation:
                    body = json.dumps(spoil(draw, self.document.draw(draw, self.schema_of_body(operation))))
                elif operation["operationId"].startswith("reload"):
                    break
                self.check(operation, (method, target, body), self.send(method, target, body))

    def test_hostile_bodies_are_refused_in_the_documents_words(self):
        operations = [each for each in self.document.operations if "requestBody" in each[2]]
        self.assertTrue(operations)
        for method, path, operation in operations:
            for body in HOSTILE:
                for headers in ({}, {"Content-Type": "application/json"}, {"Content-Type": "text/\xe9;;=", "Content-Encoding": "gzip"}):
                    request = (method, path, body[:200], headers)
                    status, _ = self.check(operation, request, self.send(method, path, body, headers))
                    self.assertTrue(status < 500, request)

    def test_hostile_targets_are_refused_in_the_documents_words(self):
        for method, path, operation in self.document.operations:
            if method != "GET":
                continue
            for query in ("?", "?&&&", "?=", "?a", "?a=%", "?a=%zz", "?%00=%00", "?%ff=%fe", "?a=" + "b" * 7000, "?" + "a&" * 2000,
                          "?name[]=%00", "?name%5B%5D=" + "%C3%28" * 100, "?a=b;c=d", "?a=b#c", "?a=%F0%9F%98%80"):
                self.check(operation, (method, path + query), self.send(method, path + query))

    def test_a_method_that_a_path_has_not_is_405_and_a_path_that_is_not_there_404(self):
        error = {"$ref": "#/components/schemas/Error"}
        for path, methods in self.document.root["paths"].items():
            for method in ("DELETE", "PATCH", "POST", "PUT"):
                if method.lower() in methods:
                    continue
                status, media_type, body = self.send(method, path, b"")
                self.assertEqual((405, "application/json"), (status, media_type), (method, path))
                self.assertEqual([], self.document.errors(error, json.loads(body)))
            status, media_type, body = self.send("GET", path + "/none")
            self.assertEqual((404, "application/json"), (status, media_type), path)
            self.assertEqual([], self.document.errors(error, json.loads(body)))
