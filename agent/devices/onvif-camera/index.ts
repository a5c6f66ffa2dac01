import { FatalError } from '../../../protocols/errors.ts';
import { type DriverContext, defineDriver } from '../driver.ts';
import { OnvifClient } from './client.ts';
import { discoverCameras } from './discovery.ts';
import { openSession } from './session.ts';
import { type CameraSettings, cameraSettingsSchema } from './settings.ts';

/** Network cameras and encoders that speak ONVIF (profiles S and T). */
export const onvifCamera = defineDriver<CameraSettings>({
  family: 'onvif-camera',
  label: { vi: 'Camera', en: 'Camera' },
  settings: cameraSettingsSchema,
  defaultPort: 80,
  capabilities: [
    'identity',
    'video',
    'snapshot',
    'motion',
    'detection',
    'ptz',
    'imaging',
    'relay',
    'firmware',
    'power',
    'time',
    'network',
    'accounts',
    'certificate',
    'log',
  ],
  needs: ({ events }) => (events === 'broker' ? [{ kind: 'broker' }] : []),
  connect: (context) => openSession(context, createClient(context)),
  discover: discoverCameras,
});

function createClient(context: DriverContext<CameraSettings>): OnvifClient {
  const { address, credentials } = context.device;
  const { timeoutMs, allowPlainPassword, pinnedCertificate } = context.settings;
  if (!address) throw new FatalError('missing-address', 'a camera needs an address; set it on the device');
  // Cameras have certificates that nobody signed, so TLS means exactly the one that a person has pinned.
  const scheme = pinnedCertificate === undefined ? 'http' : 'https';
  return new OnvifClient(context, {
    origin: { scheme, host: address.host, port: address.port ?? (scheme === 'https' ? 443 : 80) },
    credentials:
      credentials?.username === undefined
        ? undefined
        : { username: credentials.username, password: credentials.password ?? '' },
    timeoutMs,
    allowPlainPassword,
    pinnedCertificate,
  });
}
