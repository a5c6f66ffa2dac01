import { Link } from '@tanstack/react-router';
import type { Device } from '../../../../../protocols/api/devices.ts';
import { CapabilityWidget } from '../../capabilities/index.tsx';
import { Facts } from '../../capabilities/parts/facts.tsx';
import { useFamilies } from '../../state/families.ts';
import { lifecycleKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Moment } from '../../ui/age.tsx';

/** Kinds of parts that have words of ours. */
const roles: Readonly<Record<string, TextKey>> = {
  mixer: 'studio.mixer',
  camera: 'studio.camera',
  recorder: 'studio.recorder',
  switcher: 'studio.switcher',
  disk: 'part.disk',
  filter: 'part.filter',
  firmware: 'part.firmware',
  lamp: 'part.lamp',
  'power-supply': 'part.power-supply',
};

/** What the device is: identity, parts, address, since when it is ours. */
export function InventoryCard({ device }: { readonly device: Device }) {
  const { t } = useText();
  const families = useFamilies();
  const { address } = device;
  const kindOf = (kind: string) => {
    const key = roles[kind];
    return key ? t(key) : kind;
  };
  return (
    <section className="card stack inventory">
      <h2>{t('device.inventory')}</h2>
      {device.reported['identity'] ? (
        <CapabilityWidget name="identity" device={device} />
      ) : (
        <Facts
          rows={[
            [t('devices.vendor'), device.vendor],
            [t('devices.model'), device.model],
            [t('devices.serial'), device.serial],
            [t('devices.firmware'), device.firmware],
          ]}
        />
      )}
      <Facts
        rows={[
          [t('devices.family'), families.nameOf(device.family)],
          [t('devices.lifecycle'), t(lifecycleKeys[device.lifecycle])],
          [t('supplier.one'), device.supplier?.name],
          [
            t('device.address'),
            address ? (
              <span className="code" key="address">
                {[address.host, address.port].filter((part) => part !== undefined).join(':')}
              </span>
            ) : undefined,
          ],
          [
            t('devices.agent'),
            <Link key="agent" to="/agents/$agent" params={{ agent: device.agent.id }}>
              {device.agent.name}
            </Link>,
          ],
          [
            t('device.via'),
            device.via ? (
              <span key="via">
                <Link to="/devices/$device" params={{ device: device.via.device.id }}>
                  {device.via.device.name}
                </Link>{' '}
                {t('device.via.port', { port: device.via.port })}
              </span>
            ) : undefined,
          ],
          [
            t('device.adopted'),
            <span key="adopted">
              <Moment at={device.adoptedAt} /> {t('device.adopted.by', { name: device.adoptedBy })}
            </span>,
          ],
          [
            t('device.id'),
            <span key="id" className="code">
              {device.id}
            </span>,
          ],
        ]}
      />
      {device.parts.length > 0 ? (
        <>
          <h3>{t('device.parts')}</h3>
          <Facts
            rows={device.parts.map(
              (part) =>
                [part.name, [kindOf(part.kind), part.detail, part.serial].filter((word) => word).join(', ')] as const,
            )}
          />
        </>
      ) : null}
    </section>
  );
}
