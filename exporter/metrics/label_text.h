// Names, label values and help as the exposition formats allow them.
#pragma once

#include <string>
#include <string_view>

namespace exporter {

/// Appends text with `\`, line feeds and, with `quotes`, `"` escaped; each byte that is no UTF-8
/// becomes U+FFFD. Returns whether there was such a byte: the text does not tell then what it was
/// made of.
bool append_escaped(std::string& out, std::string_view text, bool quotes);

/// Returns the name with what a legacy name may not hold replaced by underscores; `:` is legal in
/// metric names alone.
std::string legal_name(std::string_view name, bool colons);

}  // namespace exporter
