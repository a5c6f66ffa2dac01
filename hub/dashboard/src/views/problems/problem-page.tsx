import { Button, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import type { ProblemDetail, ProblemEvent } from '../../../../../protocols/api/operation/problems.ts';
import { problemQuery } from '../../data/problems.ts';
import { useMay } from '../../state/session.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Age, Moment } from '../../ui/age.tsx';
import { Answer } from '../../ui/answer.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { ProblemNotes, ProblemPlace } from './problem-row.tsx';
import { SeverityMark } from './severity-mark.tsx';
import { useWork, WorkBar } from './work-bar.tsx';
import './problems.css';

const didKeys: Readonly<Record<ProblemEvent['kind'], TextKey>> = {
  opened: 'problem.did.opened',
  grew: 'problem.did.grew',
  shrank: 'problem.did.shrank',
  severity: 'problem.did.severity',
  acknowledged: 'problem.did.acknowledged',
  unacknowledged: 'problem.did.unacknowledged',
  assigned: 'problem.did.assigned',
  commented: 'problem.did.commented',
  muted: 'problem.did.muted',
  unmuted: 'problem.did.unmuted',
  escalated: 'problem.did.escalated',
  flapping: 'problem.did.flapping',
  reopened: 'problem.did.reopened',
  resolved: 'problem.did.resolved',
};

/** One problem: what is known, what to do, who works on it, and its whole story. */
export function ProblemPage() {
  const { t, pick } = useText();
  const { cause } = useParams({ from: '/frame/causes/$cause' });
  const read = useQuery(problemQuery(cause));
  return (
    <Page
      title={read.data ? pick(read.data.title) : t('nav.causes')}
      lead={read.data ? <SeverityMark severity={read.data.severity} /> : null}
      actions={<Link to="/causes">{t('nav.causes')}</Link>}
    >
      <Answer read={read} what={t('problem.what')} height={24}>
        {(problem) => (
          <>
            <Known problem={problem} />
            <Story problem={problem} />
          </>
        )}
      </Answer>
    </Page>
  );
}

function Known({ problem }: { readonly problem: ProblemDetail }) {
  const { t, pick } = useText();
  const mayWork = useMay('work-problems');
  return (
    <section className="card stack">
      <ProblemPlace problem={problem} />
      <ProblemNotes problem={problem} />
      <p>
        <span className="soft">{t('cause.next')}: </span>
        {pick(problem.next)}
      </p>
      {problem.hint ? (
        <p>
          <span className="soft">{t('cause.hint')}: </span>
          {pick(problem.hint)}
        </p>
      ) : null}
      {problem.flapping ? <p className="soft small">{t('problem.flapping.text')}</p> : null}
      {problem.evidence.length > 0 ? (
        <div className="small">
          <b>{t('cause.why')}</b>
          <ul className="cause-evidence">
            {problem.evidence.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </div>
      ) : null}
      <p className="problem-notes small">
        <span>
          {t('problem.began')}: <Moment at={problem.openedAt} />
        </span>
        {problem.resolvedAt === undefined ? null : (
          <span>
            {t('problem.ended')}: <Moment at={problem.resolvedAt} />
          </span>
        )}
        <span className="code soft">{problem.code}</span>
      </p>
      <p className="row">
        {problem.device ? (
          <Link to="/devices/$device" params={{ device: problem.device.id }}>
            {t('cause.see.device')}
          </Link>
        ) : null}
        {problem.agent ? (
          <Link to="/agents/$agent" params={{ agent: problem.agent.id }}>
            {t('cause.see.agent')}
          </Link>
        ) : null}
        <Link to="/devices" search={{ unit: problem.unit.id, health: 'attention,fault,unreachable' }}>
          {t('cause.see.devices')}
        </Link>
      </p>
      {mayWork && problem.resolvedAt === undefined ? <WorkBar problems={[problem]} /> : null}
    </section>
  );
}

function Story({ problem }: { readonly problem: ProblemDetail }) {
  const { t } = useText();
  const mayWork = useMay('work-problems');
  const [text, setText] = useState('');
  const work = useWork(() => setText(''));
  return (
    <section className="card stack">
      <h2>{t('problem.timeline')}</h2>
      {mayWork ? (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== '') work.mutate({ action: 'comment', ids: [problem.id], text: text.trim() });
          }}
        >
          <Textarea
            label={t('problem.comment')}
            autosize
            minRows={2}
            maxLength={2_000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <ProblemLine error={work.error} />
          <div>
            <Button type="submit" variant="light" loading={work.isPending} disabled={text.trim() === ''}>
              {t('problem.comment.do')}
            </Button>
          </div>
        </form>
      ) : null}
      <ol className="problem-story">
        {problem.timeline.map((event) => (
          <StoryLine key={event.id} event={event} />
        ))}
      </ol>
    </section>
  );
}

function StoryLine({ event }: { readonly event: ProblemEvent }) {
  const { t } = useText();
  const { detail } = event;
  const text = typeof detail['text'] === 'string' ? detail['text'] : undefined;
  const name = typeof detail['name'] === 'string' ? detail['name'] : undefined;
  return (
    <li>
      <div className="problem-head">
        <b>{t(didKeys[event.kind])}</b>
        {event.kind === 'severity' || event.kind === 'opened' ? <SeverityMark severity={event.severity} /> : null}
        {name ? <span>{name}</span> : null}
        {typeof detail['until'] === 'string' ? <Moment at={detail['until']} /> : null}
        {typeof detail['affected'] === 'number' ? (
          <span className="small">{t('cause.affected', { count: detail['affected'] })}</span>
        ) : null}
      </div>
      <p className="problem-notes small soft">
        <span>{event.actor?.name ?? t('problem.hub')}</span>
        <Age at={event.at} />
      </p>
      {text ? <blockquote>{text}</blockquote> : null}
    </li>
  );
}
