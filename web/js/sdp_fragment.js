/* The few SDP edits that an ICE restart over HTTP needs (RFC 9725 section 4.3.3, RFC 8840). */

const lineValue = (text, name) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(text)?.[1].trim();

/** The body of a PATCH that asks for a restart with the offer's new credentials. */
export function restartFragment(offerSdp) {
  const mid = lineValue(offerSdp, 'mid') ?? '0';
  const media = /^m=.*$/m.exec(offerSdp)?.[0].trim() ?? 'm=audio 9 UDP/TLS/RTP/SAVPF 0';
  return [
    `a=ice-ufrag:${lineValue(offerSdp, 'ice-ufrag')}`,
    `a=ice-pwd:${lineValue(offerSdp, 'ice-pwd')}`,
    media,
    `a=mid:${mid}`,
    '',
  ].join('\r\n');
}

/** The old answer with the credentials and candidates that the server's fragment brings. */
export function answerAfterRestart(oldAnswer, fragment) {
  const ufrag = lineValue(fragment, 'ice-ufrag');
  const pwd = lineValue(fragment, 'ice-pwd');
  if (!ufrag || !pwd) throw new Error('the restart answer has no ICE credentials');
  const candidates = fragment.split(/\r?\n/).filter((line) => line.startsWith('a=candidate:'));
  const lines = oldAnswer.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('a=candidate:')
    && line !== 'a=end-of-candidates');
  const answer = [];
  let sections = 0;
  for (const line of lines) {
    if (line.startsWith('a=ice-ufrag:')) answer.push(`a=ice-ufrag:${ufrag}`);
    else if (line.startsWith('a=ice-pwd:')) answer.push(`a=ice-pwd:${pwd}`);
    else answer.push(line);
    if (line.startsWith('m=')) sections += 1;
    /* Bundled: the first section's candidates serve all. */
    if (sections === 1 && line.startsWith('a=mid:')) answer.push(...candidates);
  }
  return `${answer.join('\r\n')}\r\n`;
}
