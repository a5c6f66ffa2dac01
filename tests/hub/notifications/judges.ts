import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** Whom we send to in tests: servers that are not ours, or that judge by a library that is not ours. */

export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly secure: boolean;
}

/** A mail server of `smtp-server`. It refuses recipients that begin with `gone`, and may be told to fail. */
export async function startMailServer(options: SMTPServerOptions = {}) {
  const mails: TakenMail[] = [];
  const state = { failing: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.cert === undefined ? ['AUTH', 'STARTTLS'] : ['AUTH'],
    onRcptTo: ({ address }, _session, done) => {
      if (!address.startsWith('gone')) return done();
      done(Object.assign(new Error('No such mailbox'), { responseCode: 550 }));
    },
    onData: (stream, session, done) => {
      buffer(stream)
        .then((raw) => {
          if (state.failing) return done(Object.assign(new Error('Try later'), { responseCode: 451 }));
          const { mailFrom, rcptTo } = session.envelope;
          mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw: raw.toString('utf8'),
            secure: session.secure,
          });
          done();
        })
        .catch(done);
    },
    ...options,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    mails,
    state,
    port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

export interface ReadMail {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: string;
  readonly html: string;
}

const reader = `
import sys, json
from email import message_from_bytes
from email.policy import default
message = message_from_bytes(sys.stdin.buffer.read(), policy=default)
part = lambda kind: message.get_body(preferencelist=(kind,)).get_content()
print(json.dumps({'headers': {k.lower(): str(v) for k, v in message.items()}, 'plain': part('plain'), 'html': part('html')}))
`;

/** Reads a message by the `email` package of Python. */
export function readMail(raw: string): ReadMail {
  return JSON.parse(execFileSync('python3', ['-c', reader], { input: raw, encoding: 'utf8' })) as ReadMail;
}

export interface TakenCall {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP server that keeps what it is sent and answers as it is told. */
export async function startReceiver(answer: (call: TakenCall) => { readonly status: number; readonly body?: string }) {
  const calls: TakenCall[] = [];
  const server = createServer((request, response) => {
    text(request)
      .then((body) => {
        const call = { url: request.url ?? '', headers: request.headers, body };
        calls.push(call);
        const { status, body: out = '' } = answer(call);
        response.writeHead(status, { 'content-type': 'application/json' }).end(out);
      })
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    calls,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
