import { type Logger, pino, stdSerializers } from 'pino';
import type { Log, LogFields } from '../../protocols/ports.ts';

/** Names of fields that never reach a log, at the top or one or two levels down. */
const secretFields = [
  'password',
  'secret',
  'token',
  'authorization',
  'cookie',
  'voucher',
  'credentials',
  'key',
  'privateKey',
];

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** 1 is standard output, 2 standard error. */
  readonly fileDescriptor?: 1 | 2;
  readonly name: string;
}

/** JSON lines by pino, with secrets redacted. Control characters are escaped by JSON itself. */
export function createLog(options: LogOptions): Log {
  const logger = pino(
    {
      name: options.name,
      level: options.level,
      serializers: { error: stdSerializers.err },
      redact: { paths: secretFields.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: '[redacted]' },
      base: { name: options.name },
    },
    pino.destination({ fd: options.fileDescriptor ?? 2, sync: true }),
  );
  return wrap(logger);
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    child: (fields: LogFields) => wrap(logger.child(fields)),
  };
}
