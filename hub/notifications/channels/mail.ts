import { createTransport } from 'nodemailer';
import { FatalError, RecoverableError, toError } from '../../../protocols/errors.ts';
import { footerOf, htmlOf, linesOf } from '../message/text.ts';
import type { Channel, MailRecipient } from './channel.ts';

export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** `starttls` never sends in the clear: without the upgrade nothing is sent (RFC 3207). */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `Edufleet <fleet@example.vn>`, or the address alone. */
  readonly from: string;
  /** PEM of the authority that signed the server's certificate; those of the system without it. */
  readonly ca: string | undefined;
}

const timeoutsMs = { connect: 10_000, greeting: 10_000, idle: 20_000 } as const;

/** E-mail by SMTP (RFC 5321): one connection a message, plain text and simple HTML. */
export function createMailChannel(settings: MailSettings, publicUrl: string | undefined): Channel<MailRecipient> {
  const domain = domainOf(settings.from);
  const idOf = (id: string) => `<${id}@${domain}>`;
  return {
    send: async (message, { email, name }, signal) => {
      const { reader, rootId } = message;
      const lines = [...linesOf(message.content, reader, publicUrl), ...footerOf(reader, publicUrl)];
      const root = rootId === undefined ? undefined : idOf(rootId);
      const transport = createTransport({
        host: settings.host,
        port: settings.port,
        secure: settings.security === 'tls',
        requireTLS: settings.security === 'starttls',
        ignoreTLS: settings.security === 'none',
        ...(settings.user === undefined ? {} : { auth: { user: settings.user, pass: settings.password ?? '' } }),
        ...(settings.ca === undefined ? {} : { tls: { ca: settings.ca } }),
        connectionTimeout: timeoutsMs.connect,
        greetingTimeout: timeoutsMs.greeting,
        socketTimeout: timeoutsMs.idle,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      const sending = transport.sendMail({
        from: settings.from,
        to: { name, address: email },
        subject: root === undefined ? message.subject : `Re: ${message.subject}`,
        text: lines.join('\n'),
        html: htmlOf(lines, reader.language, publicUrl),
        messageId: idOf(message.id),
        ...(root === undefined ? {} : { inReplyTo: root, references: [root] }),
        date: new Date(message.createdAtMs),
        // Out-of-office answers stay away (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      const aborted = Promise.withResolvers<never>();
      const onAbort = () => aborted.reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        signal.throwIfAborted();
        await Promise.race([sending, aborted.promise]);
      } catch (thrown) {
        sending.catch(() => {});
        throw mailError(thrown);
      } finally {
        signal.removeEventListener('abort', onAbort);
        transport.close();
      }
    },
  };
}

function domainOf(from: string): string {
  return /@([^\s>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
}

/** A 5xx about recipient or message is final; sign-in and connection are a matter of settings that a person may put right. */
function mailError(thrown: unknown): Error {
  if (thrown instanceof RecoverableError || thrown instanceof FatalError) return thrown;
  const error = toError(thrown);
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const text = error.message.slice(0, 300);
  const isFinal =
    typeof responseCode === 'number' && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  if (isFinal) return new FatalError('mail-refused', `The mail server refused it: ${text}`, { cause: error });
  const why = code === 'EAUTH' ? 'mail-sign-in' : 'mail-away';
  return new RecoverableError(why, `The mail server did not take it: ${text}`, { cause: error });
}
