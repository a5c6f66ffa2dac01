import { Button } from '@mantine/core';
import { IconMapPin } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Agent } from '../../../../../protocols/api/agents.ts';
import { lanes } from '../../../../../protocols/fleet/record.ts';
import { Badge, Facts } from '../../capabilities/parts/facts.tsx';
import '../../capabilities/capabilities.css';
import { agentQuery } from '../../data/queries.ts';
import { agentStatusKeys } from '../../text/state-keys.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { formatBytes, formatDuration, formatMeasure, formatNumber } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { Verdict } from '../device/verdict.tsx';
import '../device/device.css';
import { ChangeAccess } from './access-dialog.tsx';
import { ReplaceHardware } from './voucher-dialog.tsx';
import './admin.css';

const laneKeys = { urgent: 'lane.urgent', state: 'lane.state', samples: 'lane.samples' } as const satisfies Record<
  (typeof lanes)[number],
  TextKey
>;
const statusTones = { active: 'ok', quarantined: 'attention', revoked: 'quiet' } as const;

/** One agent: is it there, is its account square, how does its machine fare. */
export function AgentPage() {
  const { t } = useText();
  const { agent: id } = useParams({ from: '/frame/agents/$agent' });
  const read = useQuery(agentQuery(id));
  return (
    <Page
      title={read.data?.name ?? id}
      actions={
        <>
          {read.data ? <ReplaceHardware agent={read.data} /> : null}
          {read.data ? <ChangeAccess agent={read.data} /> : null}
          <Button variant="default" renderRoot={(props) => <Link to="/proposals" search={{ agent: id }} {...props} />}>
            {t('agent.seeProposals')}
          </Button>
          <Button variant="default" renderRoot={(props) => <Link to="/devices" search={{ agent: id }} {...props} />}>
            {t('agent.seeDevices')}
          </Button>
        </>
      }
    >
      <Answer read={read} what={t('agent.what', { id })} height={30}>
        {(agent) => (
          <>
            <p className="device-place">
              <span className="state" style={{ color: 'inherit', fontWeight: 400 }}>
                <IconMapPin aria-hidden stroke={1.75} />
                {agent.unit.name}
              </span>
            </p>
            <div className="columns">
              <div className="column">
                <Verdict health={agent.health} />
                <Accounting agent={agent} />
              </div>
              <div className="column">
                <Outbox agent={agent} />
                <Machine agent={agent} />
              </div>
            </div>
          </>
        )}
      </Answer>
    </Page>
  );
}

function Accounting({ agent }: { readonly agent: Agent }) {
  const { t, language } = useText();
  const streams = agent.streams ?? [];
  if (streams.length === 0) return null;
  const nameOf = (lane: string) => {
    const known = lanes.find((name) => name === lane);
    return known ? t(laneKeys[known]) : lane;
  };
  return (
    <section className="card">
      <div className="card-head">
        <h2>{t('agent.streams')}</h2>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone the table scrolls sideways, and a keyboard must be able to */}
      <section className="ledger-scroll" tabIndex={0} aria-label={t('agent.streams')}>
        <table className="ledger">
          <thead>
            <tr>
              <th scope="col">{t('agent.lane')}</th>
              <th scope="col">{t('agent.through')}</th>
              <th scope="col">{t('agent.delivered')}</th>
              <th scope="col">{t('agent.shed')}</th>
              <th scope="col">{t('agent.missing')}</th>
            </tr>
          </thead>
          <tbody>
            {streams.map((stream) => (
              <tr key={`${stream.epoch} ${stream.lane}`}>
                <th scope="row">
                  {nameOf(stream.lane)} <span className="soft code">{stream.epoch.slice(0, 8)}</span>
                </th>
                <td>{formatNumber(stream.through, language)}</td>
                <td>{formatNumber(stream.delivered, language)}</td>
                <td>{formatNumber(stream.shed, language)}</td>
                <td data-wrong={stream.missing > 0 || undefined}>{formatNumber(stream.missing, language)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="soft small">{t('agent.streams.help')}</p>
    </section>
  );
}

function Outbox({ agent }: { readonly agent: Agent }) {
  const { t, language } = useText();
  const { desired, held } = agent.generation;
  return (
    <section className="card stack">
      <h2>{t('agent.queue')}</h2>
      <Facts
        rows={[
          [t('agent.queue.records'), formatNumber(agent.queue.records, language)],
          [t('agent.queue.bytes'), formatBytes(agent.queue.bytes, language)],
          [t('agent.queue.shed'), formatNumber(agent.queue.shed, language)],
          [
            t('agent.generation'),
            desired === held ? t('agent.generation.same', { held }) : t('agent.generation.waits', { desired, held }),
          ],
          [t('agents.devices'), t('agents.wrongOf', agent.devices)],
        ]}
      />
    </section>
  );
}

function skewText(skewMs: number, language: 'vi' | 'en', t: ReturnType<typeof useText>['t']): string {
  const size = Math.abs(skewMs);
  const by = size < 1_000 ? formatMeasure(Math.round(size), 'ms', language) : formatDuration(size / 1000, language);
  if (size < 1_000) return by;
  return t(skewMs > 0 ? 'agent.skew.ahead' : 'agent.skew.behind', { by });
}

function Machine({ agent }: { readonly agent: Agent }) {
  const { t, language } = useText();
  const { load, clockSkewMs } = agent;
  return (
    <section className="card stack">
      <h2>{t('agent.facts')}</h2>
      <Facts
        rows={[
          [
            t('agent.status'),
            <Badge key="status" tone={statusTones[agent.status]}>
              {t(agentStatusKeys[agent.status])}
            </Badge>,
          ],
          [t('agents.version'), agent.version],
          [t('agent.platform'), agent.platform],
          [t('agents.lastSeen'), <Age key="seen" at={agent.lastSeenAt} />],
          [
            t('agent.connected'),
            agent.connectedAt === undefined ? undefined : <Age key="connected" at={agent.connectedAt} />,
          ],
          [t('agent.skew'), clockSkewMs === undefined ? undefined : skewText(clockSkewMs, language, t)],
          [t('agent.memory'), load ? formatBytes(load.rssBytes, language) : undefined],
          [t('agent.cpu'), load ? formatMeasure(load.cpuPercent, '%', language) : undefined],
          [t('agent.delay'), load ? formatMeasure(load.loopDelayP99Ms, 'ms', language) : undefined],
          [t('agent.enrolled'), <Moment key="enrolled" at={agent.enrolledAt} />],
          [
            t('device.id'),
            <span key="id" className="code">
              {agent.id}
            </span>,
          ],
        ]}
      />
    </section>
  );
}
