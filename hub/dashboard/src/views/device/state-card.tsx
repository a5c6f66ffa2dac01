import { Link } from '@tanstack/react-router';
import type { Device } from '../../../../../protocols/api/devices.ts';
import { findCapability, findMetric } from '../../../../../protocols/fleet/capabilities/index.ts';
import { CapabilityWidget, inOrder } from '../../capabilities/index.tsx';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { formatMeasure } from '../../ui/format.ts';

/** Told under the inventory of the device instead of among its live state. */
const elsewhere = new Set(['identity']);

/** What needs the whole width: lists of many parts, each with words of its own. */
const wide = new Set(['studio', 'recording', 'ports', 'certificate', 'apps']);

/** What the device reports now, a card for each capability, each with its age and its commands. */
export function StateCard({ device }: { readonly device: Device }) {
  const { t } = useText();
  const mayCommand = useMay('command');
  const metrics = Object.keys(device.latest).map((key) => key.split('.')[0] ?? key);
  // A device may declare what it then cannot tell; a card with nothing in it helps nobody.
  const told = Object.entries(device.reported).filter(([, { state }]) => Object.keys(state).length > 0);
  const names = new Set([...told.map(([name]) => name), ...Object.keys(device.commands), ...metrics]);
  const shown = inOrder([...names]).filter((name) => !elsewhere.has(name));
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('device.state')}</h2>
        {mayCommand ? null : <span className="soft small">{t('device.noCommands')}</span>}
      </div>
      {shown.length === 0 ? <p className="soft">{t('device.state.none')}</p> : null}
      <div className="widgets">
        {shown.map((name) => (
          <StateWidget key={name} name={name} device={device} />
        ))}
      </div>
    </section>
  );
}

function StateWidget({ name, device }: { readonly name: string; readonly device: Device }) {
  const { pick, t } = useText();
  const capability = findCapability(name);
  const at = device.reported[name]?.at;
  return (
    <section className="widget" data-wide={wide.has(name) || undefined}>
      <div className="widget-head">
        <h3>{capability ? pick(capability.label) : name}</h3>
        {at === undefined ? null : (
          <span className="soft small" title={t('device.reportedAt')}>
            <Age at={at} />
          </span>
        )}
      </div>
      <Measures name={name} device={device} />
      <CapabilityWidget name={name} device={device} />
    </section>
  );
}

/** What people call one of several: the name beside its id in the state, where there is one. */
function instanceName(device: Device, capability: string, id: string): string {
  for (const list of Object.values(device.reported[capability]?.state ?? {})) {
    if (!Array.isArray(list)) continue;
    const found: unknown = list.find((one: unknown) => isNamed(one) && one.id === id);
    if (isNamed(found)) return found.name;
  }
  return id;
}

function isNamed(value: unknown): value is { readonly id: string; readonly name: string } {
  if (typeof value !== 'object' || value === null) return false;
  return 'id' in value && typeof value.id === 'string' && 'name' in value && typeof value.name === 'string';
}

function Measures({ name, device }: { readonly name: string; readonly device: Device }) {
  const { pick, language } = useText();
  const measures = Object.entries(device.latest).filter(([key]) => key.startsWith(`${name}.`));
  if (measures.length === 0) return null;
  return (
    <div className="widget-metrics">
      {measures.map(([key, { value, at }]) => {
        const [path = '', part] = key.split('@', 2);
        const metric = findMetric(path);
        return (
          <Link
            key={key}
            to="/devices/$device"
            params={{ device: device.id }}
            search={(search) => ({ ...search, metric: key })}
            hash="chart"
            replace
          >
            <span className="small soft">
              {metric ? pick(metric.label) : path} {part === undefined ? '' : instanceName(device, name, part)}
            </span>
            <b className="number">{formatMeasure(value, metric?.unit ?? '', language)}</b>
            <span className="small soft">
              <Age at={at} />
            </span>
          </Link>
        );
      })}
    </div>
  );
}
