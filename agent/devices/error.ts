import { FleetError, type FleetErrorOptions, RecoverableError } from '../../protocols/errors.ts';

/**
 * Why a device did not do what it was asked.
 * `unreachable` no answer at the network; `refused` port closed; `authentication` it answers but refuses our credentials;
 * `timeout` connected but silent; `busy` and `unavailable` it says so itself; `protocol` it answers nonsense;
 * `no-effect` it acknowledged and nothing changed; `device-fault` it reports an error of its own; `unsupported` it does not know the request.
 */
export type DeviceErrorCode =
  | 'unreachable'
  | 'refused'
  | 'authentication'
  | 'timeout'
  | 'busy'
  | 'unavailable'
  | 'protocol'
  | 'no-effect'
  | 'device-fault'
  | 'unsupported'
  | 'connection-lost';

export class DeviceError extends RecoverableError {
  declare readonly code: DeviceErrorCode;

  constructor(code: DeviceErrorCode, message: string, options: FleetErrorOptions = {}) {
    super(code, message, options);
  }
}

/** How the codes of the network ports and of the codecs read for a device. */
const networkCodes: Readonly<Record<string, DeviceErrorCode>> = {
  'connection-refused': 'refused',
  unreachable: 'unreachable',
  timeout: 'timeout',
  'handshake-timeout': 'timeout',
  'connection-lost': 'connection-lost',
  'response-too-large': 'protocol',
  truncated: 'protocol',
  malformed: 'protocol',
  checksum: 'protocol',
  unsupported: 'protocol',
  oversize: 'protocol',
};

/**
 * What a driver throws for what a port or a codec threw: DeviceErrors stay, network and protocol errors become one.
 * Everything else (a refused address, a bug) comes back as it is. Check the caller's signal first: an abort is no device error.
 */
export function toDeviceError(thrown: unknown, doing: string, phase: 'connect' | 'talk' = 'talk'): unknown {
  if (thrown instanceof DeviceError || !(thrown instanceof FleetError)) return thrown;
  const known = Object.hasOwn(networkCodes, thrown.code) ? networkCodes[thrown.code] : undefined;
  if (known === undefined) return thrown;
  // Nobody took the connection: that is an absent device, not a silent one.
  const code = phase === 'connect' && thrown.code === 'timeout' ? 'unreachable' : known;
  return new DeviceError(code, `${doing}: ${thrown.message}`, { cause: thrown, details: thrown.details });
}
