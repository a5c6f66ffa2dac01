import { Button } from '@mantine/core';
import { IconChecks, IconRefresh, IconSchool, IconShieldExclamation } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { Overview } from '../../../../../protocols/api/causes.ts';
import { overviewQuery } from '../../data/queries.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { formatTime } from '../../ui/format.ts';
import { Page } from '../../ui/page.tsx';
import { UnitPicker } from '../../ui/unit-picker.tsx';
import { CauseRow } from '../causes/cause-row.tsx';
import { Figures } from './figures.tsx';
import { HealthBar } from './health-bar.tsx';
import './overview.css';

/** What is wrong now, how far it reaches, and where to begin. */
export function OverviewPage() {
  const { t, language } = useText();
  const { unit } = useSearch({ from: '/frame/' });
  const navigate = useNavigate({ from: '/' });
  const read = useQuery(overviewQuery(unit));
  return (
    <Page
      title={t('nav.overview')}
      lead={
        read.data ? (
          <span className="soft small">
            {t('overview.at', { time: formatTime(Date.parse(read.data.at), language) })}
          </span>
        ) : null
      }
      actions={
        <UnitPicker
          label={t('filter.unit')}
          hideLabel
          placeholder={t('filter.unit')}
          clearable
          value={unit}
          onChange={(next) => void navigate({ search: { unit: next } })}
        />
      }
    >
      <Answer read={read} what={t('overview.what')} height={28}>
        {(overview) =>
          overview.devices.total + overview.agents.total === 0 && unit === undefined ? (
            <FirstSteps />
          ) : (
            <>
              <Figures overview={overview} unit={unit} />
              {overview.devices.total > 0 ? <HealthBar devices={overview.devices} unit={unit} /> : null}
              <OpenCauses causes={overview.causes} unit={unit} />
              <QuarantineNote count={overview.quarantine.lastDay} />
            </>
          )
        }
      </Answer>
    </Page>
  );
}

/** The rows as they were when the pointer came to rest on them, and whether there is news since. */
function useHeldCauses(causes: Overview['causes']) {
  const [held, setHeld] = useState(false);
  const shown = useRef(causes);
  if (!held) shown.current = causes;
  const changed = held && shown.current.top.map(({ id }) => id).join() !== causes.top.map(({ id }) => id).join();
  return {
    shown: shown.current,
    changed,
    release: () => setHeld(false),
    hold: { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false) },
  };
}

function OpenCauses({ causes, unit }: { readonly causes: Overview['causes']; readonly unit: number | undefined }) {
  const { t } = useText();
  const { shown, changed, release, hold } = useHeldCauses(causes);
  return (
    <section className="card" {...hold}>
      <div className="card-head">
        <h2>{t('overview.now')}</h2>
        <span className="row">
          {changed ? (
            <Button size="xs" variant="light" leftSection={<IconRefresh size={16} aria-hidden />} onClick={release}>
              {t('list.changed')}
            </Button>
          ) : null}
          {causes.open > shown.top.length ? (
            <Link to="/causes" search={{ unit }}>
              {t('overview.allCauses', { count: causes.open })}
            </Link>
          ) : null}
        </span>
      </div>
      {shown.top.length === 0 ? (
        <Blank icon={IconChecks} title={t('overview.calm')} tone="ok">
          <p className="soft">{t('overview.calm.text')}</p>
        </Blank>
      ) : (
        <ul className="causes">
          {shown.top.map((cause) => (
            <CauseRow key={cause.id} cause={cause} />
          ))}
        </ul>
      )}
    </section>
  );
}

function QuarantineNote({ count }: { readonly count: number }) {
  const { t } = useText();
  const may = useMay('view-quarantine');
  if (count === 0) return null;
  return (
    <div className="notice" data-tone="attention">
      <IconShieldExclamation aria-hidden />
      <p>
        {t('overview.quarantine', { count })} {may ? <Link to="/quarantine">{t('nav.quarantine')}</Link> : null}
      </p>
    </div>
  );
}

function FirstSteps() {
  const { t } = useText();
  return (
    <section className="card">
      <Blank icon={IconSchool} title={t('overview.start')}>
        <ol className="start-steps stack">
          <li>{t('overview.start.unit')}</li>
          <li>{t('overview.start.voucher')}</li>
          <li>{t('overview.start.adopt')}</li>
        </ol>
        <Button renderRoot={(props) => <Link to="/units" {...props} />}>{t('nav.units')}</Button>
      </Blank>
    </section>
  );
}
