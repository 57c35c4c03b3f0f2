// Images: what is known of them, where their pictures are, and having them before they are needed.

import { get } from "./api.js";

const IMAGES_KEPT = 40;
const PICTURES_AHEAD = 4;

// The address of all pictures; another after every start of the server, so that they can be cached.
export let pictures = "";

export function picturesAt(address) {
  pictures = address;
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
export function pictureOf(row) {
  if (!ahead.has(row)) {
    const picture = new Image();
    picture.decoding = "async";
    picture.src = `${pictures}/${row}/whole`;
    picture.decode().catch(() => {});
    ahead.set(row, picture);
    if (ahead.size > IMAGES_KEPT) ahead.delete(ahead.keys().next().value);
  }
  return ahead.get(row);
}

// Once the picture is there, or known to be none: what is less urgent is asked for then.
export function arrived(row) {
  const picture = row === null ? null : pictureOf(row);
  if (!picture || picture.complete) return Promise.resolve();
  return new Promise((resume) => {
    for (const event of ["load", "error"]) picture.addEventListener(event, () => resume(), { once: true });
  });
}

// Have the images of the next findings at hand when a key asks for them.
export function prefetch(items) {
  const rows = [...new Set(items.map((item) => item.image).filter((row) => row !== null))];
  for (const row of rows.slice(0, PICTURES_AHEAD)) {
    imageOf(row).then((image) => { if (image.shown) pictureOf(row); }).catch(() => {});
  }
}
