import { ProtocolError } from '../bytes/error.ts';

/** Where a package lies on the device until it is installed. */
export const stagedPackagePath = '/data/local/tmp/edufleet.apk';

/** Everything that may run on a device. A new wish is a new kind here, with its text below; no text comes from outside. */
export type DeviceRequest =
  | { readonly kind: 'properties' }
  | { readonly kind: 'device-name' }
  | { readonly kind: 'battery' }
  | { readonly kind: 'storage' }
  | { readonly kind: 'packages' }
  | { readonly kind: 'sync' }
  | { readonly kind: 'reboot' }
  | { readonly kind: 'install-staged' }
  | { readonly kind: 'discard-staged' }
  | { readonly kind: 'remove' | 'launch' | 'process'; readonly package: string };

/** An Android application id: two or more segments of letters, digits and underscores, each beginning with a letter. */
const packageName = /^(?=.{3,200}$)[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+$/;

export function isPackageName(text: string): boolean {
  return packageName.test(text);
}

/**
 * The service that carries out a request on the chosen device (adb SERVICES.TXT). A package name is the only word from
 * outside, and its alphabet holds nothing that a shell could read. Throws ProtocolError `malformed` for any other name.
 */
export function serviceOf(request: DeviceRequest): string {
  switch (request.kind) {
    case 'properties':
      return 'shell:getprop';
    case 'device-name':
      return 'shell:settings get global device_name';
    case 'battery':
      return 'shell:dumpsys battery';
    case 'storage':
      return 'shell:df -k /data';
    case 'packages':
      return 'shell:pm list packages -3 --show-versioncode';
    case 'sync':
      return 'sync:';
    case 'reboot':
      return 'reboot:';
    case 'install-staged':
      return `shell:pm install -r ${stagedPackagePath}`;
    case 'discard-staged':
      return `shell:rm -f ${stagedPackagePath}`;
    case 'remove':
      return `shell:pm uninstall ${checked(request.package)}`;
    case 'launch':
      return `shell:monkey -p ${checked(request.package)} -c android.intent.category.LAUNCHER 1`;
    case 'process':
      return `shell:pidof ${checked(request.package)}`;
  }
}

/** A device as the server knows it: `10.1.2.3:5555`, or the serial number of a cable. */
const serial = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

export function isSerial(text: string): boolean {
  return serial.test(text);
}

/** Chooses the device for what follows on this connection. Throws ProtocolError `malformed`. */
export function transportService(to: string): string {
  if (!isSerial(to))
    throw new ProtocolError('malformed', 'a serial number has other signs than letters, digits and ._:-');
  return `host:transport:${to}`;
}

/** Makes the server connect to a device on the network. Throws ProtocolError `malformed`. */
export function connectService(to: string): string {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}$/.test(to)) {
    throw new ProtocolError('malformed', 'a device on the network is an IPv4 address and a port');
  }
  return `host:connect:${to}`;
}

/** Makes the server forget a device on the network. Throws ProtocolError `malformed`. */
export function disconnectService(to: string): string {
  return connectService(to).replace('host:connect:', 'host:disconnect:');
}

function checked(name: string): string {
  if (isPackageName(name)) return name;
  throw new ProtocolError('malformed', 'a package name has two or more words of letters, digits and _, joined by dots');
}
