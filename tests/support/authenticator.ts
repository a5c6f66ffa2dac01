import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
const url = (bytes: Buffer) => bytes.toString('base64url');

/** What an answer is made with; all of it right unless told otherwise. */
interface Answer {
  readonly challenge: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly isUnlocked?: boolean;
  readonly counter?: number;
}

/**
 * An authenticator in software that also does what none does: answer for a foreign page, without its owner, with an old
 * counter. Web Authentication Level 3, 6.1 (authenticator data) and 6.5.4 (attested credential data, attestation `none`).
 */
export class Authenticator {
  readonly #id = randomBytes(32);
  readonly #privateKey: KeyObject;
  readonly #x: Buffer;
  readonly #y: Buffer;
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#privateKey = privateKey;
    this.#x = Buffer.from(x, 'base64url');
    this.#y = Buffer.from(y, 'base64url');
  }

  get id(): string {
    return url(this.#id);
  }

  register(answer: Answer) {
    // COSE_Key: kty 2, alg -7, crv 1, x, y.
    const key = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      this.#x,
      Buffer.from('225820', 'hex'),
      this.#y,
    ]);
    const length = Buffer.from([0, this.#id.length]);
    const authData = Buffer.concat([this.#data(answer, 0x40), Buffer.alloc(16), length, this.#id, key]);
    const attestationObject = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a06861757468446174615900', 'hex'),
      Buffer.from([authData.length]),
      authData,
    ]);
    return {
      ...this.#credential(),
      response: {
        clientDataJSON: this.#client('webauthn.create', answer).toString('base64url'),
        attestationObject: url(attestationObject),
      },
    };
  }

  sign(answer: Answer) {
    const client = this.#client('webauthn.get', answer);
    const data = this.#data(answer, 0);
    const signature = sign('sha256', Buffer.concat([data, sha256(client)]), this.#privateKey);
    return {
      ...this.#credential(),
      response: { clientDataJSON: url(client), authenticatorData: url(data), signature: url(signature) },
    };
  }

  #credential() {
    return { id: this.id, rawId: this.id, type: 'public-key' as const, clientExtensionResults: {} };
  }

  #client(type: string, { challenge, origin = this.#origin }: Answer): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  /** Hash of the RP id, flags (present 1, unlocked 4), counter. */
  #data({ rpId = new URL(this.#origin).hostname, isUnlocked = true, counter = 0 }: Answer, flags: number): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags | 1 | (isUnlocked ? 4 : 0)]), count]);
  }
}
