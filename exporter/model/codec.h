// TrainedModel <-> bytes.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "exporter/model/bytes.h"
#include "exporter/model/trained_model.h"

namespace exporter {

/// Writes a model; equal models give equal bytes. Scores of the decoded model are bit-equal.
std::vector<std::byte> encode_model(const TrainedModel& model);

/// Reads a model whose seasons are those of a calendar (null: UTC). Any bytes are safe; what is
/// accepted has consistent shapes. Errors: state, when the bytes are short, too long, of another
/// version or inconsistent.
Result<TrainedModel> decode_model(std::span<const std::byte> bytes,
                                  const std::shared_ptr<const Calendar>& calendar = nullptr);

void write_labels(ByteWriter& out, const Labels& labels);
Labels read_labels(ByteReader& in);

}  // namespace exporter
