import { Button } from '@mantine/core';
import {
  IconAlertOctagon,
  IconAlertTriangle,
  IconBuildingBroadcastTower,
  IconChecklist,
  IconCloudOff,
  IconKey,
  IconPlugConnectedX,
  IconRouterOff,
  IconServerOff,
  IconShieldExclamation,
  IconSitemap,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { CauseView } from '../../../../../protocols/api/causes.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { formatDuration } from '../../ui/format.ts';
import './causes.css';

const faces = {
  'hub-link': { tone: 'unreachable', icon: IconServerOff },
  'area-silent': { tone: 'unreachable', icon: IconBuildingBroadcastTower },
  'school-uplink': { tone: 'unreachable', icon: IconCloudOff },
  'agent-silent': { tone: 'unreachable', icon: IconRouterOff },
  'switch-down': { tone: 'unreachable', icon: IconSitemap },
  'device-unreachable': { tone: 'unreachable', icon: IconPlugConnectedX },
  'device-fault': { tone: 'fault', icon: IconAlertOctagon },
  'device-attention': { tone: 'attention', icon: IconAlertTriangle },
  credentials: { tone: 'attention', icon: IconKey },
  quarantine: { tone: 'attention', icon: IconShieldExclamation },
  rule: { tone: 'attention', icon: IconChecklist },
} as const;

/** The one thing to do about a cause: go where it can be looked into. */
function CauseAction({ cause }: { readonly cause: CauseView }) {
  const { t } = useText();
  if (cause.device) {
    const { id } = cause.device;
    return (
      <Button variant="light" renderRoot={(props) => <Link to="/devices/$device" params={{ device: id }} {...props} />}>
        {t('cause.see.device')}
      </Button>
    );
  }
  if (cause.agent) {
    const { id } = cause.agent;
    return (
      <Button variant="light" renderRoot={(props) => <Link to="/agents/$agent" params={{ agent: id }} {...props} />}>
        {t('cause.see.agent')}
      </Button>
    );
  }
  return (
    <Button
      variant="light"
      renderRoot={(props) => (
        <Link to="/devices" search={{ unit: cause.unit.id, health: 'attention,fault,unreachable' }} {...props} />
      )}
    >
      {t('cause.see.devices')}
    </Button>
  );
}

function CauseReach({ cause }: { readonly cause: CauseView }) {
  const { t, language } = useText();
  if (cause.resolvedAt === undefined) {
    return (
      <>
        <span>{t('cause.affected', { count: cause.affected })}</span>
        <Age at={cause.openedAt} />
      </>
    );
  }
  const seconds = (Date.parse(cause.resolvedAt) - Date.parse(cause.openedAt)) / 1000;
  return (
    <>
      <span>{t('cause.affectedPeak', { count: cause.affectedPeak })}</span>
      <span>{t('cause.lasted', { duration: formatDuration(seconds, language) })}</span>
      <Age at={cause.resolvedAt} />
    </>
  );
}

/** One cause: what happened, where, how far it reaches, since when, and what to do next. */
export function CauseRow({ cause }: { readonly cause: CauseView }) {
  const { t, pick } = useText();
  const { icon: Icon, tone } = faces[cause.kind];
  return (
    <li className="cause" data-tone={cause.resolvedAt === undefined ? tone : 'quiet'}>
      <span className="cause-icon">
        <Icon aria-hidden />
      </span>
      <div className="cause-body">
        <h3>
          <Link to="/causes/$cause" params={{ cause: cause.id }}>
            {pick(cause.title)}
          </Link>
        </h3>
        <p className="cause-meta small soft">
          {cause.device ? <span>{cause.device.name}</span> : null}
          <span>{cause.unit.name}</span>
          <CauseReach cause={cause} />
        </p>
        {cause.resolvedAt === undefined ? (
          <p>
            <span className="soft">{t('cause.next')}: </span>
            {pick(cause.next)}
          </p>
        ) : null}
        {cause.hint ? (
          <p className="small">
            <span className="soft">{t('cause.hint')}: </span>
            {pick(cause.hint)}
          </p>
        ) : null}
        {cause.evidence.length > 0 ? (
          <details className="small">
            <summary>{t('cause.why')}</summary>
            <ul className="cause-evidence">
              {cause.evidence.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        ) : null}
      </div>
      <div className="cause-action">
        <CauseAction cause={cause} />
      </div>
    </li>
  );
}
