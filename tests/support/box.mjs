/* A classroom's box with a key of its own, speaking docs/devices.md by hand. */
import { generateKeyPairSync, sign } from 'node:crypto';

export class Box {
  constructor(url, name = '教室电脑') {
    Object.assign(this, { url, name, ...generateKeyPairSync('ed25519') });
  }

  async post(target, body) {
    const response = await fetch(`${this.url}/api/v1${target}`, {
      method: 'POST', body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...(this.session ? { Authorization: `Bearer ${this.session}` } : {}) },
    });
    if (!response.ok) throw new Error(`POST ${target}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** With a code, and then a session. */
  async enrol(code, { version = '1.0.0', health = {} } = {}) {
    const answer = await this.post('/devices', { code, public_key: this.publicKey.export({ format: 'jwk' }).x, name: this.name, version });
    this.id = answer.device;
    const { challenge } = await this.post(`/devices/${this.id}/challenge`, {});
    const signature = sign(null, Buffer.from(`duet-device-session:${this.id}:${challenge}`), this.privateKey).toString('base64url');
    this.session = (await this.post(`/devices/${this.id}/session`, { challenge, signature, version, health })).session;
  }

  report(health, version = '1.0.0') {
    return this.post('/device/health', { version, health });
  }
}
