// Reads the code of a guest's page: by the browser's own detector where there is one, else by the kept library jsQR.

const EDGE = 640;  // pixels: more makes an old phone slow and finds no more
const PAUSE_MS = 120;

async function reader() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({formats: ["qr_code"]});
    return async canvas => (await detector.detect(canvas))[0]?.rawValue || "";
  }
  await import("./kept/jsqr.js");
  return canvas => {
    const {width, height} = canvas;
    const pixels = canvas.getContext("2d", {willReadFrequently: true}).getImageData(0, 0, width, height);
    return window.jsQR(pixels.data, width, height)?.data || "";
  };
}

function drawn(canvas, source, width, height) {
  const scale = Math.min(EDGE / Math.max(width, height), 1);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d", {willReadFrequently: true}).drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// Show the camera in `video` and call `found(text)` for each code, until the returned function is called.
// Rejects where there is no camera, or it was not allowed.
export async function watch(video, found) {
  const read = await reader();
  const stream = await navigator.mediaDevices.getUserMedia({video: {facingMode: "environment"}, audio: false});
  const canvas = document.createElement("canvas");
  let running = true;
  let last = "";
  video.srcObject = stream;
  await video.play();
  (async () => {
    while (running) {
      if (video.readyState >= 2) {
        const text = await read(drawn(canvas, video, video.videoWidth, video.videoHeight));
        if (running && text && text !== last) found(text);
        if (text) last = text;  // one code held before the camera is read once
      }
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  })();
  return () => {
    running = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
}

// The code in a picture that was chosen; "" where there is none.
export async function from_picture(file) {
  const picture = await createImageBitmap(file);
  return (await reader())(drawn(document.createElement("canvas"), picture, picture.width, picture.height));
}
