import { type FleetErrorOptions, RecoverableError } from '../../protocols/errors.ts';

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
