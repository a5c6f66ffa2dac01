import { Button } from '@mantine/core';
import { IconMapPin, IconRouter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { toApiError } from '../../data/api-error.ts';
import { deviceQuery } from '../../data/queries.ts';
import { useWatchedDevice } from '../../state/live.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemPanel } from '../../ui/problem-panel.tsx';
import { ConfigurationCard } from '../configuration/configuration-card.tsx';
import { placeOfDevice } from '../devices/device-columns.tsx';
import { ChartCard } from './chart-card.tsx';
import { EditDevice } from './edit-dialog.tsx';
import { InventoryCard } from './inventory-card.tsx';
import { Operation } from './operation.tsx';
import { RecentCommands } from './recent-commands.tsx';
import { StateCard } from './state-card.tsx';
import { Timeline } from './timeline.tsx';
import { Verdict } from './verdict.tsx';
import './device.css';

/** One device: is it well, why not, what to do, what it can do, what it did. */
export function DevicePage() {
  const { t } = useText();
  const { device: id } = useParams({ from: '/frame/devices/$device' });
  const read = useQuery(deviceQuery(id));
  // Only once the hub knows it: the stream is refused for a device that is not there.
  useWatchedDevice(read.data?.id);
  if (read.isError && toApiError(read.error).kind === 'missing') {
    return (
      <Page title={t('error.missing.title')}>
        <section className="card">
          <ProblemPanel error={read.error} what={t('device.what', { id })}>
            <Button variant="default" renderRoot={(props) => <Link to="/devices" search={{ q: id }} {...props} />}>
              {t('device.find')}
            </Button>
          </ProblemPanel>
        </section>
      </Page>
    );
  }
  const device = read.data;
  return (
    <Page title={device?.name ?? id} actions={device ? <EditDevice device={device} /> : null}>
      <Answer read={read} what={t('device.what', { id })} height={30}>
        {(found) => (
          <Operation device={found}>
            <p className="device-place">
              <span className="state" style={{ color: 'inherit', fontWeight: 400 }}>
                <IconMapPin aria-hidden stroke={1.75} />
                {placeOfDevice(found)}
              </span>
              <Link
                to="/agents/$agent"
                params={{ agent: found.agent.id }}
                className="state"
                style={{ fontWeight: 400 }}
              >
                <IconRouter aria-hidden stroke={1.75} />
                {found.agent.name}
              </Link>
            </p>
            <div className="columns">
              <div className="column">
                <Verdict health={found.health} />
                <RecentCommands device={found.id} />
                <StateCard device={found} />
                <ChartCard key={found.id} device={found} />
              </div>
              <div className="column">
                <ConfigurationCard device={found} />
                <InventoryCard device={found} />
                <Timeline device={found.id} />
              </div>
            </div>
          </Operation>
        )}
      </Answer>
    </Page>
  );
}
