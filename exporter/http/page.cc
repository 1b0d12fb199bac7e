#include "exporter/http/page.h"

#include <utility>

namespace exporter {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --ink: #212529; --soft: #6c757d; --paper: #fff; --line: #dee2e6;
  --link: #b8400f; --bar: #e6522c; --good: #146c43; --wait: #8a6100; --bad: #b02a37;
  --tint: #f6f7f8; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #dee2e6; --soft: #9aa3ab; --paper: #16181c; --line: #343a40; --link: #ff8a65;
    --bar: #a8371a; --good: #75b798; --wait: #ffda6a; --bad: #ea868f; --tint: #1f2227; }
}
body { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  line-height: 1.5; margin: 0; color: var(--ink); background: var(--paper); }
header { background: var(--bar); color: #fff; padding: 1rem; }
header h1 { margin: 0; font-size: 1.6rem; font-weight: 600; }
main { padding: 1rem; max-width: 64rem; }
h2 { font-size: 1.2rem; font-weight: 600; margin: 1.6rem 0 .4rem; }
main > h2:first-child { margin-top: 0; }
p { margin: .4rem 0; }
ul { margin: .4rem 0; padding-left: 1.4rem; }
li { margin: .2rem 0; }
a { color: var(--link); }
code { font-family: ui-monospace, Menlo, "DejaVu Sans Mono", monospace; font-size: .92em;
  overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: 32rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem 1.5rem .35rem 0;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.ready { color: var(--good); } .warming { color: var(--wait); }
.stale, .blind { color: var(--bad); }
.route { border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .8rem;
  margin: .5rem 0; background: var(--tint); }
.method { font-weight: 700; margin-right: .5rem; }
)";

}  // namespace

const std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect "
    "width='16' height='16' rx='3' fill='%23e6522c'/%3E%3Cpath d='M2 11l3-1 2 1 2-7 2 7 3-1' "
    "fill='none' stroke='%23fff' stroke-width='1.6'/%3E%3C/svg%3E";

std::string page_opening(std::string_view title) {
  const auto name = escape_html(title);
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  page += name + "</title>\n<link rel=\"icon\" href=\"";
  page.append(kIcon).append("\">\n<style>").append(kStyle);
  return page + "</style>\n</head>\n<body>\n<header>\n<h1>" + name + "</h1>\n</header>\n<main>\n";
}

HttpResponse page_response(std::string page) {
  page += "</main>\n</body>\n</html>\n";
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body = std::move(page);
  return response;
}

}  // namespace exporter
