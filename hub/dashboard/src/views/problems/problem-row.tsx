import { Button, Checkbox } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ProblemRow } from '../../../../../protocols/api/operation/problems.ts';
import { useText } from '../../text/use-text.ts';
import { Age } from '../../ui/age.tsx';
import { formatInstant } from '../../ui/format.ts';
import { SeverityMark, severityTone } from './severity-mark.tsx';
import './problems.css';

/** Short notes on what people and time did with a problem. */
export function ProblemNotes({ problem }: { readonly problem: ProblemRow }) {
  const { t, language } = useText();
  const { acknowledged, assignee, muted, flapping, escalation, comments, rule } = problem;
  return (
    <p className="problem-notes small soft">
      <span>{assignee ? assignee.name : t('problem.owner.none')}</span>
      {acknowledged ? <span>{t('problem.seen', { name: acknowledged.by.name })}</span> : null}
      {muted ? (
        <span>
          {t('problem.mutedUntil', { time: formatInstant(Date.parse(muted.until), language) })}
          {muted.window === undefined ? null : <> ({t('problem.byWindow', { name: muted.window })})</>}
        </span>
      ) : null}
      {flapping ? <span>{t('problem.flapping')}</span> : null}
      {escalation > 0 && !acknowledged ? <span>{t('problem.escalated', { count: escalation })}</span> : null}
      {comments > 0 ? <span>{t('problem.comments', { count: comments })}</span> : null}
      {rule ? <span>{t('problem.byRule', { name: rule.name })}</span> : null}
    </p>
  );
}

/** Where it is and how far it reaches. */
export function ProblemPlace({ problem }: { readonly problem: ProblemRow }) {
  const { t } = useText();
  const { device, unit, school, resolvedAt, openedAt } = problem;
  return (
    <p className="problem-notes small soft">
      {device ? <span>{device.name}</span> : null}
      <span>{unit.name}</span>
      {school ? <span>{school.name}</span> : null}
      <span>
        {resolvedAt === undefined
          ? t('cause.affected', { count: problem.affected })
          : t('cause.affectedPeak', { count: problem.affectedPeak })}
      </span>
      <Age at={resolvedAt ?? openedAt} />
    </p>
  );
}

interface ProblemItemProps {
  readonly problem: ProblemRow;
  /** Given where one may work on it. */
  readonly onChoose?: ((chosen: boolean) => void) | undefined;
  readonly chosen: boolean;
}

/** One problem in the queue: how bad, what, where, since when, whose, and what to do next. */
export function ProblemItem({ problem, chosen, onChoose }: ProblemItemProps) {
  const { t, pick } = useText();
  const title = pick(problem.title);
  const isOpen = problem.resolvedAt === undefined;
  return (
    <li className="problem" data-tone={isOpen ? severityTone(problem.severity) : 'quiet'}>
      {onChoose ? (
        <Checkbox
          aria-label={t('problem.choose', { name: title })}
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
        />
      ) : null}
      <div className="problem-body">
        <div className="problem-head">
          <SeverityMark severity={problem.severity} />
          <h3>
            <Link to="/causes/$cause" params={{ cause: problem.id }}>
              {title}
            </Link>
          </h3>
        </div>
        <ProblemPlace problem={problem} />
        {isOpen ? (
          <p>
            <span className="soft">{t('cause.next')}: </span>
            {pick(problem.next)}
          </p>
        ) : null}
        <ProblemNotes problem={problem} />
      </div>
      <Button
        className="problem-open"
        variant="light"
        renderRoot={(props) => <Link to="/causes/$cause" params={{ cause: problem.id }} {...props} />}
      >
        {t('problem.see')}
      </Button>
    </li>
  );
}
