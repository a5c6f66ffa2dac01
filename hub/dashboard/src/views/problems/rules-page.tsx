import { Button, Modal } from '@mantine/core';
import { IconListCheck, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Rule } from '../../../../../protocols/api/operation/rules.ts';
import { problemsApi, rulesQuery } from '../../data/problems.ts';
import { useMay } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { Answer } from '../../ui/answer.tsx';
import { Blank } from '../../ui/blank.tsx';
import { Page } from '../../ui/page.tsx';
import { ProblemLine } from '../../ui/problem-panel.tsx';
import { EscalationCard } from './escalation-card.tsx';
import { RuleForm } from './rule-form.tsx';
import { SeverityMark } from './severity-mark.tsx';
import './problems.css';

/** Rules that open problems by themselves, as data that people keep. */
export function RulesPage() {
  const { t } = useText();
  const read = useQuery(rulesQuery);
  const may = useMay('manage-rules');
  const [edited, setEdited] = useState<Rule | 'new' | undefined>();
  return (
    <Page
      title={t('rule.title')}
      actions={
        may ? (
          <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setEdited('new')}>
            {t('rule.add')}
          </Button>
        ) : null
      }
    >
      <p className="soft">{t('rule.lead')}</p>
      <Answer read={read} what={t('rule.what')} height={20}>
        {({ rows }) => (
          <section className="card">
            {rows.length === 0 ? (
              <Blank icon={IconListCheck} title={t('rule.none')}>
                <p className="soft">{t('rule.none.text')}</p>
              </Blank>
            ) : (
              <ul>
                {rows.map((rule) => (
                  <RuleItem key={rule.id} rule={rule} onEdit={may ? () => setEdited(rule) : undefined} />
                ))}
              </ul>
            )}
          </section>
        )}
      </Answer>
      <EscalationCard />
      <Modal
        opened={edited !== undefined}
        onClose={() => setEdited(undefined)}
        closeOnClickOutside={false}
        size="lg"
        title={t(edited === 'new' ? 'rule.add' : 'rule.edit')}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        {edited === undefined ? null : (
          <RuleForm rule={edited === 'new' ? undefined : edited} onDone={() => setEdited(undefined)} />
        )}
      </Modal>
    </Page>
  );
}

function RuleItem({ rule, onEdit }: { readonly rule: Rule; readonly onEdit: (() => void) | undefined }) {
  const { t, pick } = useText();
  const queries = useQueryClient();
  const [isSure, setSure] = useState(false);
  const remove = useMutation({
    mutationFn: () => problemsApi.removeRule(rule.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: rulesQuery.queryKey }),
  });
  return (
    <li className="problem" data-tone={rule.enabled ? undefined : 'quiet'}>
      <div className="problem-body">
        <div className="problem-head">
          <SeverityMark severity={rule.severity} />
          <h3>{rule.name}</h3>
          {rule.enabled ? null : <span className="soft small">{t('rule.off')}</span>}
        </div>
        <p>{pick(rule.title)}</p>
        <p className="problem-notes small soft">
          <span>{rule.unit.name}</span>
          <span>{t('rule.watches', { count: rule.devices })}</span>
          <span>{t('rule.openNow', { count: rule.open })}</span>
        </p>
        {rule.beyond > 0 ? <p className="small">{t('rule.beyond', { count: rule.beyond })}</p> : null}
        <ProblemLine error={remove.error} />
        {onEdit ? (
          <div className="row">
            <Button size="xs" variant="light" onClick={onEdit}>
              {t('rule.edit')}
            </Button>
            <Button
              size="xs"
              variant={isSure ? 'filled' : 'subtle'}
              color="red"
              loading={remove.isPending}
              onClick={() => (isSure ? remove.mutate() : setSure(true))}
            >
              {t(isSure ? 'rule.remove.sure' : 'rule.remove')}
            </Button>
          </div>
        ) : null}
      </div>
    </li>
  );
}
