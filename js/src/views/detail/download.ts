const SUFFIXES: Record<string, string> = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/webp": ".webp",
  "image/gif": ".gif",
  "image/avif": ".avif",
  "video/mp4": ".mp4",
  "video/webm": ".webm",
  "audio/wav": ".wav",
  "audio/x-wav": ".wav",
  "audio/flac": ".flac",
  "audio/ogg": ".ogg",
  "audio/mpeg": ".mp3",
};

/** The file name, with the suffix of what was sent. */
export function downloadName(name: string, type: string): string {
  const suffix = SUFFIXES[type.split(";")[0]?.trim() ?? ""];
  if (!suffix || name.toLowerCase().endsWith(suffix) || (suffix === ".jpg" && /\.jpeg$/i.test(name))) return name;
  return name.replace(/\.[a-z0-9]{2,4}$/i, "") + suffix;
}

export function download(url: string, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
}
