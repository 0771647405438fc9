/*
 * Clocks that are not this machine's. A test moves the server's alone, with libfaketime; and `faketime --exclude-monotonic
 * -f +175000s node --test FILE` runs a whole test at another time of the week: node, the servers and the pages.
 */
import { execFileSync } from 'node:child_process';

/** Of this process before the real clock. */
export const movedS = Number.parseInt(process.env.FAKETIME ?? '0', 10);

const NAMES = ['LD_PRELOAD', 'FAKETIME', 'FAKETIME_DONT_FAKE_MONOTONIC', 'DONT_FAKE_MONOTONIC'];

/** The environment by the real clock: Chromium does not start with libfaketime. */
export const realEnvironment = () => Object.fromEntries(
  Object.entries(process.env).filter(([name]) => ![...NAMES, 'FAKETIME_SHARED'].includes(name)));

/** The environment of a program whose clock is so many seconds before this process's. Its monotonic clock stays. */
export function environmentAhead(seconds) {
  const ahead = `${movedS + seconds >= 0 ? '+' : ''}${movedS + seconds}s`;
  const shown = execFileSync('faketime', ['--exclude-monotonic', '-f', ahead, 'env'], { encoding: 'utf8', env: realEnvironment() });
  const found = shown.split('\n').map((line) => line.split(/=(.*)/s)).filter(([name]) => NAMES.includes(name));
  return {
    ...realEnvironment(), ...Object.fromEntries(found), FAKETIME_DONT_FAKE_MONOTONIC: '1',
    FAKETIME_FORCE_MONOTONIC_FIX: '0', /* else who waits by the monotonic clock does not wait at all */
    ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
  };
}
