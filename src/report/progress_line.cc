#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/text.h"
#include "report/console.h"

namespace strop {
namespace {

constexpr int kWidestBar = 30, kNarrowestBar = 8;

// Columns of the text: one a code point. Stage names and figures hold no wide characters.
int columns(const std::string& text) {
  int count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) decode_utf8(text, at);
  return count;
}

double share_done(const Progress& p) {
  if (p.total <= 0 && p.elapsed > 0 && p.remaining >= 0) return p.elapsed / (p.elapsed + p.remaining);
  return p.total > 0 ? std::clamp(static_cast<double>(p.step) / static_cast<double>(p.total), 0.0, 1.0) : 0;
}

// Full cells, then one cell of eighths: the bar moves eight times as finely as its columns.
std::string bar(double share, int width) {
  static const char* const kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(std::lround(share * width * 8));
  std::string out = "▕";
  for (int i = 0; i < eighths / 8; ++i) out += "█";
  out += kEighths[eighths % 8];
  const int filled = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
  return out + std::string(static_cast<std::size_t>(width - filled), ' ') + "▏";
}

// A figure and how soon it goes on a narrow terminal (the highest first).
struct Piece {
  std::string text;
  int dispensable = 0;
};

std::vector<Piece> pieces(const Progress& p) {
  std::vector<Piece> out = {{p.total > 0 ? fmt::format("{}/{}", p.step, p.total) : fmt::format("step {}", p.step), 1}};
  if (!p.stage.empty()) out.push_back({p.stage, 4});
  if (std::isfinite(p.loss)) out.push_back({fmt::format("loss {:.4f}", p.loss), 2});
  if (p.samples_per_second > 0) out.push_back({human_count(p.samples_per_second) + " samples/s", 5});
  if (p.resident_bytes > 0) out.push_back({human_bytes(static_cast<double>(p.resident_bytes)), 6});
  if (p.remaining > 0) out.push_back({human_duration(p.remaining) + " left", 3});
  return out;
}

std::string joined(const std::vector<Piece>& parts) {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : "  ") + part.text;
  return out;
}

}  // namespace

std::string progress_bar(const Progress& progress, int width) {
  const std::string percent = fmt::format("{:3.0f}% ", std::floor(100 * share_done(progress)));
  auto parts = pieces(progress);
  const auto room = [&] { return width - columns(percent) - columns(joined(parts)) - 3; };
  while (!parts.empty() && room() < kNarrowestBar) {
    parts.erase(std::max_element(parts.begin(), parts.end(),
                                 [](const Piece& a, const Piece& b) { return a.dispensable < b.dispensable; }));
  }
  const int cells = std::min(kWidestBar, room());
  if (cells < 1) return percent.substr(0, static_cast<std::size_t>(std::max(0, width)));
  return percent + bar(share_done(progress), cells) + " " + joined(parts);
}

std::string progress_text(const Progress& progress) {
  return fmt::format("{:3.0f}%  {}", std::floor(100 * share_done(progress)), joined(pieces(progress)));
}

}  // namespace strop
