#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "image/formats.h"

namespace strop {
namespace {

// The first frame and the metadata of a file, animated or not.
class Demuxed {
 public:
  explicit Demuxed(const PictureFile& file) {
    const WebPData data{reinterpret_cast<const std::uint8_t*>(file.bytes.data()), file.bytes.size()};
    demuxer_.reset(WebPDemux(&data));
    if (demuxer_ == nullptr || WebPDemuxGetFrame(demuxer_.get(), 1, &frame_) == 0) fail_webp(file);
  }
  ~Demuxed() { WebPDemuxReleaseIterator(&frame_); }
  Demuxed(const Demuxed&) = delete;
  Demuxed& operator=(const Demuxed&) = delete;

  [[noreturn]] static void fail_webp(const PictureFile& file) {
    fail(ErrorKind::data, "{}: the WebP data is truncated or damaged; replace or remove the file", file.name);
  }

  const WebPIterator& frame() const { return frame_; }
  int orientation() const {
    WebPChunkIterator chunk{};
    if (WebPDemuxGetChunk(demuxer_.get(), "EXIF", 1, &chunk) == 0) return 1;
    const int result = orientation_of_tiff({reinterpret_cast<const char*>(chunk.chunk.bytes), chunk.chunk.size});
    WebPDemuxReleaseChunkIterator(&chunk);
    return result;
  }

 private:
  std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)> demuxer_{nullptr, &WebPDemuxDelete};
  WebPIterator frame_{};
};

}  // namespace

PictureInfo probe_webp(const PictureFile& file) {
  const Demuxed demuxed(file);
  check_size(file, demuxed.frame().width, demuxed.frame().height);
  return {PictureFormat::webp, demuxed.frame().width, demuxed.frame().height, demuxed.orientation()};
}

Picture decode_webp(const PictureFile& file) {
  const Demuxed demuxed(file);
  const WebPIterator& frame = demuxed.frame();
  check_size(file, frame.width, frame.height);
  Picture picture(frame.width, frame.height);
  const WebPData& data = frame.fragment;
  if (WebPDecodeRGBInto(data.bytes, data.size, picture.data(), picture.size(), 3 * frame.width) == nullptr)
    Demuxed::fail_webp(file);
  return picture;
}

}  // namespace strop
