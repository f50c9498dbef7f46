/** Sends a file to the kernel, piece by piece: one message must not be large, and the kernel says where it wants to go on. */

/** Half a megabyte, which is a third more as Base64. */
const PIECE = 512 * 1024;
/** What `String.fromCharCode` takes at once. */
const STRETCH = 0x8000;

export interface Piece {
  upload: string;
  name: string;
  size: number;
  offset: number;
  data: string;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += STRETCH) {
    text += String.fromCharCode(...bytes.subarray(at, at + STRETCH));
  }
  return btoa(text);
}

/** Send a file; the answer is the kernel's to the last piece that it wanted. */
export async function sendFile<R extends { next: number | null }>(
  file: File,
  send: (piece: Piece) => Promise<R>,
  told: (share: number) => void,
  lifetime: AbortSignal,
): Promise<R> {
  const upload = crypto.getRandomValues(new Uint32Array(2)).join("-");
  for (let offset = 0; ; ) {
    const bytes = new Uint8Array(await file.slice(offset, offset + PIECE).arrayBuffer());
    lifetime.throwIfAborted();
    const answer = await send({ upload, name: file.name, size: file.size, offset, data: base64(bytes) });
    lifetime.throwIfAborted();
    if (answer.next === null) return answer;
    offset = answer.next;
    told(offset / file.size);
  }
}
