// Images: what is known of them, where they are, and having them before they are needed.

import { get } from "./api.js";

const IMAGES_KEPT = 40;
const IMAGES_AHEAD = 4;

// The address of all images; another after every start of the server, so that they can be cached.
export let imagesAddress = "";

export function imagesAt(address) {
  imagesAddress = address;
}

const images = new Map();
const ahead = new Map();

// What is known of an image: its size and its labels. Asked for once.
export function imageOf(row) {
  if (!images.has(row)) {
    const asked = get(`/api/images/${row}`);
    asked.catch(() => images.delete(row));
    images.set(row, asked);
    if (images.size > IMAGES_KEPT) images.delete(images.keys().next().value);
  }
  return images.get(row);
}

// The whole image at a screen's size, an <img> that is loading or loaded.
export function wholeImage(row) {
  if (!ahead.has(row)) {
    const image = new Image();
    image.decoding = "async";
    image.src = `${imagesAddress}/${row}/whole`;
    image.decode().catch(() => {});
    ahead.set(row, image);
    if (ahead.size > IMAGES_KEPT) ahead.delete(ahead.keys().next().value);
  }
  return ahead.get(row);
}

// Once the image is there, or known to be none: what is less urgent is asked for then.
export function arrived(row) {
  const image = row === null ? null : wholeImage(row);
  if (!image || image.complete) return Promise.resolve();
  return new Promise((resume) => {
    for (const event of ["load", "error"]) image.addEventListener(event, () => resume(), { once: true });
  });
}

// Have the images of the next findings at hand when a key asks for them.
export function prefetch(items) {
  const rows = [...new Set(items.map((item) => item.image).filter((row) => row !== null))];
  for (const row of rows.slice(0, IMAGES_AHEAD)) {
    imageOf(row).then((known) => { if (known.shown) wholeImage(row); }).catch(() => {});
  }
}
