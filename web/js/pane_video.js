/* Shows a track in a <video> so that a change of track never blanks the pane: the last frame stays,
 * as a still above the video, until the new track's first frame is on screen. */

function stillOf(video) {
  if (!video.videoWidth || video.readyState < 2) return null;
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.className = 'still';
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas;
}

const whenFlowing = (track) => new Promise((resolve) => {
  if (!track.muted) resolve();
  else track.addEventListener('unmute', resolve, { once: true });
});

export class PaneVideo {
  constructor(video) {
    this.video = video;
    this.stream = new MediaStream();
    this.still = null;
    this.newest = null; /* the track that shall be shown; an older one that flows late is dropped */
    this.frozen = false;
  }

  async showVideo(track) {
    this.newest = track;
    await whenFlowing(track);
    if (this.newest !== track) return;
    this.#hold();
    for (const old of this.stream.getVideoTracks()) this.stream.removeTrack(old);
    this.stream.addTrack(track);
    this.video.requestVideoFrameCallback(() => this.#release());
    this.#play();
  }

  playAudio(track) {
    for (const old of this.stream.getAudioTracks()) this.stream.removeTrack(old);
    this.stream.addTrack(track);
    this.#play();
  }

  /** Freezes what is on screen, or shows the live picture again. */
  setFrozen(frozen) {
    if (frozen) this.#hold();
    this.frozen = frozen;
    if (!frozen) this.#release();
  }

  #hold() {
    if (this.still) return;
    this.still = stillOf(this.video);
    if (this.still) this.video.after(this.still);
  }

  #release() {
    if (this.frozen) return;
    this.still?.remove();
    this.still = null;
  }

  #play() {
    if (this.video.srcObject !== this.stream) this.video.srcObject = this.stream;
    this.video.play().catch((error) => {
      if (error.name === 'NotAllowedError' && !this.video.muted) {
        this.video.muted = true;
        this.video.play().catch(() => {});
        this.video.dispatchEvent(new Event('soundblocked'));
      }
    });
  }
}
