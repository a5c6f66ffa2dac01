import { FatalError } from '../../protocols/errors.ts';

/** The one method of mqtt-packet 9's parser that knows a packet's length before any of its bytes are kept. */
interface Parser {
  _parseLength: () => boolean;
  _emitError: (error: Error) => boolean;
  readonly packet: { readonly length: number };
}

/**
 * Makes a client's parser refuse packets above `maxBytes` as soon as their length is read. aedes 1.2.0 has no such limit:
 * one socket that announces 256 MB would make it keep all that comes, before anyone is known. `maxBytes` is asked for each
 * packet, `refusal` gives the error that ends the client; so does `tooMany`, asked for each packet, when it gives one.
 * Throws FatalError `broker-library` when the library no longer has the inner method, so that an update cannot disarm it.
 */
export function guardPacketSize(
  client: object,
  maxBytes: () => number,
  refusal: (message: string) => Error,
  tooMany: () => Error | undefined = () => undefined,
): void {
  const parser = parserOf(client);
  const parseLength = parser._parseLength;
  parser._parseLength = function (this: Parser): boolean {
    if (!parseLength.call(this)) return false;
    const most = maxBytes();
    const tooLarge = `a packet of ${this.packet.length} bytes was announced, ${most} are taken`;
    const error = this.packet.length > most ? refusal(tooLarge) : tooMany();
    if (!error) return true;
    this._emitError(error);
    return false;
  };
}

function parserOf(client: object): Parser {
  const parser: unknown = Reflect.get(client, '_parser');
  const fits =
    typeof parser === 'object' &&
    parser !== null &&
    typeof Reflect.get(parser, '_parseLength') === 'function' &&
    typeof Reflect.get(parser, '_emitError') === 'function';
  if (!fits) throw new FatalError('broker-library', 'this version of the MQTT parser cannot be given a packet limit');
  return parser as Parser;
}
