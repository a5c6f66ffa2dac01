import { ProtocolError } from '../../../protocols/bytes/error.ts';
import { RecoverableError } from '../../../protocols/errors.ts';
import { isNotAuthorized, isNotSupported, type SoapFault } from '../../../protocols/onvif/soap.ts';
import { DeviceError, type DeviceErrorCode } from '../error.ts';

const transportCodes: Readonly<Record<string, DeviceErrorCode>> = {
  'connection-refused': 'refused',
  unreachable: 'unreachable',
  timeout: 'timeout',
  'connection-lost': 'connection-lost',
  'response-too-large': 'protocol',
};

const statusCodes: Readonly<Record<number, DeviceErrorCode>> = {
  401: 'authentication',
  403: 'authentication',
  404: 'unsupported',
  405: 'unsupported',
  501: 'unsupported',
  429: 'busy',
  503: 'busy',
};

/** What a failure of the network or of a codec means for the device; an abort by our own side and a refusal by policy stay what they are. */
export function toDeviceError(thrown: unknown): unknown {
  if (thrown instanceof DeviceError) return thrown;
  if (thrown instanceof RecoverableError) {
    return new DeviceError(transportCodes[thrown.code] ?? 'connection-lost', thrown.message, { cause: thrown });
  }
  if (thrown instanceof ProtocolError) {
    return new DeviceError('protocol', `the camera answers nonsense: ${thrown.message}`, { cause: thrown });
  }
  return thrown;
}

/** What a SOAP fault means. */
export function faultError(fault: SoapFault, status: number): DeviceError {
  const kind = [...fault.subcodes, ...fault.details].join(' ') || fault.code;
  const details = { status, fault: kind.slice(0, 200) };
  const message = `the camera refuses: ${printable(fault.reason || kind, 200)}`;
  if (isNotAuthorized(fault)) return new DeviceError('authentication', message, { details });
  return new DeviceError(isNotSupported(fault) ? 'unsupported' : 'device-fault', message, { details });
}

/** What an HTTP status without a SOAP fault means. */
export function statusError(status: number): DeviceError {
  const code = statusCodes[status] ?? (status >= 500 ? 'device-fault' : 'protocol');
  return new DeviceError(code, `the camera answers with HTTP status ${status}`, { details: { status } });
}

/**
 * Whether one question failed and nothing else: the camera answers, but cannot, will not or must not, or its answer is
 * nonsense, as from services that are only announced. Anything else is a failing connection.
 */
export function isRefusal(thrown: unknown): thrown is DeviceError {
  return (
    thrown instanceof DeviceError && ['unsupported', 'device-fault', 'authentication', 'protocol'].includes(thrown.code)
  );
}

/** Text of a device for people and logs: without control characters, at most `limit` UTF-16 units. */
export function printable(text: string, limit: number): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, limit)
    .toWellFormed();
}
