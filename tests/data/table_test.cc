// The readers: what they take apart, what they refuse.
#include "data/table.h"

#include <zlib.h>

#include "data/read_bytes.h"
#include "errors.h"
#include "temp_folder.h"

namespace strop {
namespace {

using Cells = std::vector<std::vector<std::string>>;

Table parse(std::string_view bytes, TableFormat format) {
  std::vector<std::string> notes;
  return parse_table(std::string(bytes), "f", format, notes);
}

Cells rows_of(const Table& table) {
  Cells rows(table.rows());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (const auto& column : table.columns) rows[r].emplace_back(column[r].data() == nullptr ? "<absent>" : column[r]);
  }
  return rows;
}

Cells csv(std::string_view bytes) { return rows_of(parse(bytes, TableFormat::csv)); }

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 256, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(Csv, QuotesNewlinesAndLineEnds) {
  EXPECT_EQ(csv("a,b\n\"x, \"\"y\"\"\",1\n"), (Cells{{"a", "b"}, {"x, \"y\"", "1"}}));
  EXPECT_EQ(csv("a,b\r\n\"two\r\nlines\",\r\n"), (Cells{{"a", "b"}, {"two\r\nlines", ""}}));
  EXPECT_EQ(csv("a,b\n\"\",\"\""), (Cells{{"a", "b"}, {"", ""}}));
  EXPECT_EQ(csv("a,b\nit\"s,1\n"), (Cells{{"a", "b"}, {"it\"s", "1"}}));
  EXPECT_EQ(csv("\n\na,b\n\nc,d\n\n"), (Cells{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(csv("a,b\rc,d\r"), (Cells{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(csv("\xEF\xBB\xBF\"a\",b"), (Cells{{"a", "b"}}));
  EXPECT_EQ(csv("\"a\"\r"), (Cells{{"a"}}));
  EXPECT_EQ(csv("a,"), (Cells{{"a", ""}}));
}

TEST(Csv, LinesOfRowsAreThoseOfTheirStart) {
  const Table table = parse("a,b\n\"1\n2\n3\",x\n\nlast,y\n", TableFormat::csv);
  EXPECT_EQ(table.lines, (std::vector<std::int64_t>{1, 2, 6}));
  EXPECT_EQ(table.place(2), "f:6");
}

TEST(Csv, DelimiterIsSniffed) {
  EXPECT_EQ(csv("text;label\ngood, really;1\n"), (Cells{{"text", "label"}, {"good, really", "1"}}));
  EXPECT_EQ(csv("\"a;b\",1\n\"c;d\",2\n"), (Cells{{"a;b", "1"}, {"c;d", "2"}}));
  EXPECT_EQ(csv("text\tlabel\nx\t1\n"), (Cells{{"text", "label"}, {"x", "1"}}));
  EXPECT_EQ(csv("good;1"), (Cells{{"good", "1"}}));
}

TEST(Csv, RefusesRaggedRowsAndOpenQuotes) {
  expect_parts(message_of(ErrorKind::data, [] { csv("a,b\n1,2\n\"x\ny\",2,3\n"); }),
               {"f:3:", "found 3 columns", "expected 2"});
  expect_parts(message_of(ErrorKind::data, [] { csv("a,b\n1,\"open\n2,3\n"); }), {"f:2:", "never closed"});
  expect_parts(message_of(ErrorKind::data, [] { csv("a,b\n\"x\" y,1\n"); }), {"f:2:", "' y,1'", "closing quote"});
}

TEST(Csv, LongLines) {
  const std::string text(5 << 20, 'x');
  EXPECT_EQ(csv("text,label\n" + text + ",1\n")[1][0].size(), text.size());
  EXPECT_EQ(csv("text,label\n\"" + text + "\",1\n")[1][0].size(), text.size());
  const std::string huge((64 << 20) + 1, 'x');
  expect_parts(message_of(ErrorKind::data, [&] { csv("text,label\n" + huge + ",1\n"); }), {"f:2:", "64 MiB"});
  expect_parts(message_of(ErrorKind::data, [&] { parse("{}\n" + huge, TableFormat::jsonl); }), {"f:2:", "64 MiB"});
  expect_parts(message_of(ErrorKind::data, [] { csv(std::string(5000, ',')); }), {"f:1:", "columns"});
}

TEST(Tsv, QuotesAreLiteral) {
  EXPECT_EQ(rows_of(parse("\"a\"\tb\n\"\tc\r\n", TableFormat::tsv)), (Cells{{"\"a\"", "b"}, {"\"", "c"}}));
  expect_parts(message_of(ErrorKind::data, [] { parse("a\tb\na\n", TableFormat::tsv); }),
               {"f:2:", "found 1 columns", "expected 2", "tab"});
}

TEST(Jsonl, ValuesAndEscapes) {
  const Table table = parse(
      "{\"text\": \"a\\n\\u00e9\\ud83d\\ude00\\\"\", \"label\": 3}\n\n{\"label\": true, \"x\": 1.50}\r\n"
      "{\"text\": null, \"label\": -7}\n{\"text\": \"\"}",
      TableFormat::jsonl);
  EXPECT_EQ(table.names, (std::vector<std::string>{"text", "label", "x"}));
  EXPECT_EQ(rows_of(table), (Cells{{"a\n\xC3\xA9\xF0\x9F\x98\x80\"", "3", "<absent>"},
                                   {"<absent>", "true", "1.50"},
                                   {"<absent>", "-7", "<absent>"},
                                   {"", "<absent>", "<absent>"}}));
  EXPECT_EQ(table.lines, (std::vector<std::int64_t>{1, 3, 4, 5}));
}

TEST(Jsonl, NestedValuesAreMarked) {
  const Table table =
      parse("{\"meta\": {\"text\": [1, {\"a\": null}]}, \"text\": \"x\", \"ids\": [\"y\"]}", TableFormat::jsonl);
  EXPECT_EQ(table.names, (std::vector<std::string>{"meta", "text", "ids"}));
  EXPECT_TRUE(is_nested(table.columns[0][0]));
  EXPECT_EQ(table.columns[1][0], "x");
  EXPECT_TRUE(is_nested(table.columns[2][0]));
}

TEST(Jsonl, RefusesWhatIsNotAnObjectALine) {
  const auto refused = [](std::string_view bytes) {
    return message_of(ErrorKind::data, [&] { parse(bytes, TableFormat::jsonl); });
  };
  expect_parts(refused("{\"a\": 1}\n{\"a\": 1"), {"f:2:", "not JSON"});
  expect_parts(refused("{\"a\": 1} {\"a\": 2}"), {"f:1:", "not JSON"});
  expect_parts(refused("[{\"a\": 1}]"), {"f:1:", "array", "jq"});
  expect_parts(refused("\n\"text\""), {"f:2:", "bare value"});
  expect_parts(refused("{\"a\": 1, \"a\": 2}"), {"f:1:", "\"a\"", "twice"});
  expect_parts(refused("{\"a\": \"x\\u0000\"}"), {"f:1:", "u0000"});
  expect_parts(refused("{\"a\": \"\\ud800\"}"), {"f:1:", "not JSON"});
}

TEST(Encoding, WideTextIsRefusedWithTheWayToConvert) {
  const auto refused = [](std::string_view bytes) {
    return message_of(ErrorKind::data, [&] { parse(bytes, TableFormat::csv); });
  };
  using namespace std::string_view_literals;
  expect_parts(refused("\xFF\xFEt\0e\0"sv), {"f:1:", "UTF-16", "iconv -f UTF-16"});
  expect_parts(refused("\xFE\xFF\0t\0e"sv), {"UTF-16", "iconv -f UTF-16"});
  expect_parts(refused("\xFF\xFE\0\0t\0\0\0"sv), {"UTF-32", "iconv -f UTF-32"});
  expect_parts(refused("t\0e\0x\0t\0,\0l\0"sv), {"UTF-16LE"});
  expect_parts(refused("\0t\0e\0x\0t\0,"sv), {"UTF-16BE"});
  expect_parts(refused("t\0\0\0e\0\0\0x\0\0\0"sv), {"UTF-32LE"});
  expect_parts(refused("text,label\na,1\nb\0b,2\nccccccccccccccccc,3\n"sv), {"f:3:", "NUL"});
  expect_parts(refused("PK\x03\x04zip"), {"f:", "Excel"});
}

TEST(Encoding, InvalidBytesAreReplacedAndCounted) {
  std::vector<std::string> notes;
  const Table table =
      parse_table("text,label\nok,1\ncaf\xE9,1\n\xFF\xFF,2\n\xEF\xBF\xBD,2\n", "f", TableFormat::csv, notes);
  EXPECT_EQ(table.columns[0][2], "caf\xEF\xBF\xBD");
  EXPECT_EQ(table.columns[0][3], "\xEF\xBF\xBD\xEF\xBF\xBD");
  ASSERT_EQ(notes.size(), 1U);
  expect_parts(notes[0], {"2 lines", "f:3", "U+FFFD"});
}

TEST(Gzip, KnownByContentAndRefusedWhenBroken) {
  const std::string one = gzip("text,label\n"), two = gzip("good,1\n");
  EXPECT_EQ(inflate_if_gzip(one + two, "f"), "text,label\ngood,1\n");
  EXPECT_EQ(inflate_if_gzip("plain", "f"), "plain");
  const std::string long_text = gzip(std::string(100000, 'a') + "b");
  expect_parts(message_of(ErrorKind::data, [&] { inflate_if_gzip(long_text.substr(0, 60), "f"); }),
               {"f:", "truncated"});
  std::string damaged = long_text;
  damaged[30] = static_cast<char>(~damaged[30]);
  expect_parts(message_of(ErrorKind::data, [&] { inflate_if_gzip(damaged, "f"); }), {"f:", "gzip"});
}

TEST(Files, EndingsDecideTheFormat) {
  const TempFolder folder;
  std::vector<std::string> notes;
  const auto first = [&](const std::string& name, const std::string& content, bool plain = false) {
    return rows_of(read_table(folder.write(name, content), plain, notes)).front();
  };
  using Row = std::vector<std::string>;
  EXPECT_EQ(first("a.csv", "\"a\",b"), (Row{"a", "b"}));
  EXPECT_EQ(first("a.TSV", "\"a\"\tb"), (Row{"\"a\"", "b"}));
  EXPECT_EQ(first("a.csv.gz", gzip("a,b")), (Row{"a", "b"}));
  EXPECT_EQ(first("b.csv", gzip("a,b")), (Row{"a", "b"}));  // by content, whatever the name
  EXPECT_EQ(first("a.ndjson", "{\"t\": \"x\"}"), (Row{"x"}));
  EXPECT_EQ(first("a.txt", "x\ty"), (Row{"x", "y"}));
  EXPECT_EQ(first("a.txt", "x\ty", true), (Row{"x\ty"}));
  const std::string odd = folder.write("a.xlsx", "x");
  expect_parts(message_of(ErrorKind::data, [&] { read_table(odd, false, notes); }), {"a.xlsx", ".xlsx", ".csv"});
  expect_parts(message_of(ErrorKind::data, [&] { read_table((folder / "a.cvs").string(), false, notes); }),
               {"a.cvs", "no such file", "did you mean a.csv"});
}

}  // namespace
}  // namespace strop
