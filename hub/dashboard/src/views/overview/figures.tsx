import { IconAlertTriangle, IconDeviceDesktopExclamation, IconRadar2, IconRouterOff } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Overview } from '../../../../../protocols/api/causes.ts';
import { useText } from '../../text/use-text.ts';
import { formatNumber } from '../../ui/format.ts';

const wrongStates = ['attention', 'fault', 'unreachable'] as const;

function Content({
  icon,
  name,
  value,
  note,
  tone,
}: {
  readonly icon: ReactNode;
  readonly name: string;
  readonly value: number;
  readonly note: string;
  readonly tone: string;
}) {
  const { language } = useText();
  return (
    <>
      <span className="figure-name">
        {icon}
        {name}
      </span>
      <span className="figure-value" data-tone={value > 0 ? tone : undefined}>
        {formatNumber(value, language)}
      </span>
      <span className="small soft">{note}</span>
    </>
  );
}

/** Four numbers, each a link to exactly the list that it counts. */
export function Figures({ overview, unit }: { readonly overview: Overview; readonly unit: number | undefined }) {
  const { t } = useText();
  const { causes, devices, agents, schools, proposals } = overview;
  const wrong = wrongStates.reduce((sum, state) => sum + (devices.byHealth[state] ?? 0), 0);
  return (
    <section className="numbers" aria-label={t('overview.numbers')}>
      <Link to="/causes" search={{ unit }} className="card figure">
        <Content
          icon={<IconAlertTriangle aria-hidden />}
          name={t('overview.causes')}
          value={causes.open}
          note={t('overview.causes.note', { affected: schools.affected, total: schools.total })}
          tone="fault"
        />
      </Link>
      <Link to="/devices" search={{ unit, health: wrongStates.join(','), sort: 'since' }} className="card figure">
        <Content
          icon={<IconDeviceDesktopExclamation aria-hidden />}
          name={t('overview.wrong')}
          value={wrong}
          note={t('overview.wrong.note', { total: devices.total })}
          tone="attention"
        />
      </Link>
      <Link to="/agents" search={{ unit, health: 'unreachable' }} className="card figure">
        <Content
          icon={<IconRouterOff aria-hidden />}
          name={t('overview.silent')}
          value={agents.silent}
          note={t('overview.silent.note', { total: agents.total })}
          tone="unreachable"
        />
      </Link>
      <Link to="/proposals" search={{ unit }} className="card figure">
        <Content
          icon={<IconRadar2 aria-hidden />}
          name={t('overview.proposals')}
          value={proposals.open}
          note={t('overview.proposals.note')}
          tone="accent"
        />
      </Link>
    </section>
  );
}
