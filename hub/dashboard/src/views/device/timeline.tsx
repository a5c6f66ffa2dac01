import { Button } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { DeviceEvent } from '../../../../../protocols/api/devices.ts';
import { findCapability } from '../../../../../protocols/fleet/capabilities/index.ts';
import { deviceEventList } from '../../data/queries.ts';
import { severityKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { titleOfEvent } from './event-title.ts';

const kinds = {
  event: 'timeline.event',
  inventory: 'timeline.inventory',
  command: 'timeline.command',
  cause: 'timeline.cause',
} as const satisfies Record<DeviceEvent['kind'], TextKey>;

const faces = {
  info: { icon: IconInfoCircle, tone: 'quiet' },
  warning: { icon: IconAlertTriangle, tone: 'attention' },
  critical: { icon: IconAlertOctagon, tone: 'fault' },
} as const;

/** Everything that happened to the device, newest first. */
export function Timeline({ device }: { readonly device: string }) {
  const { t } = useText();
  const read = useInfiniteQuery(deviceEventList(device));
  const rows = read.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('device.timeline')}</h2>
      </div>
      <Answer read={read} what={t('device.timeline.what')} height={10}>
        {() => (
          <>
            {rows.length === 0 ? <p className="soft">{t('device.timeline.none')}</p> : null}
            <ol className="timeline">
              {rows.map((event) => (
                <TimelineRow key={event.id} event={event} />
              ))}
            </ol>
            {read.hasNextPage ? (
              <Button variant="default" loading={read.isFetchingNextPage} onClick={() => void read.fetchNextPage()}>
                {t('list.more')}
              </Button>
            ) : null}
          </>
        )}
      </Answer>
    </section>
  );
}

function TimelineRow({ event }: { readonly event: DeviceEvent }) {
  const { t, pick } = useText();
  const { icon: Icon, tone } = faces[event.severity];
  const capability = event.capability === undefined ? undefined : findCapability(event.capability);
  const details = Object.keys(event.data).length > 0;
  return (
    <li>
      <span className="state" data-tone={tone} title={t(severityKeys[event.severity])}>
        <Icon aria-hidden />
        <span className="visually-hidden">{t(severityKeys[event.severity])}</span>
      </span>
      <div>
        <div>{titleOfEvent(event, t, pick)}</div>
        <div className="soft small">
          {t(kinds[event.kind])}
          {capability ? <>, {pick(capability.label)}</> : null}
        </div>
      </div>
      <span className="soft small">
        <Age at={event.at} />
      </span>
      {details ? (
        <details className="details small">
          <summary className="soft">{t('timeline.details')}</summary>
          <pre className="code" style={{ whiteSpace: 'pre-wrap', margin: 0 }}>
            {JSON.stringify(event.data, null, 2)}
          </pre>
        </details>
      ) : null}
    </li>
  );
}
