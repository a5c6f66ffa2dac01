import { Button, Group, Modal, Radio, Textarea } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconShieldLock } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Agent } from '../../../../../protocols/api/agents.ts';
import { api } from '../../data/api.ts';
import { queryClient } from '../../data/query-client.ts';
import { announce } from '../../state/live.ts';
import { useMay } from '../../state/session.ts';
import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

interface Choice {
  readonly status: Agent['status'];
  readonly label: TextKey;
  readonly text: TextKey;
}

const quarantine: Choice = { status: 'quarantined', label: 'access.quarantine', text: 'access.quarantine.text' };
const release: Choice = { status: 'active', label: 'access.release', text: 'access.release.text' };
const revoke: Choice = { status: 'revoked', label: 'access.revoke', text: 'access.revoke.text' };

const choices: Readonly<Record<Agent['status'], readonly Choice[]>> = {
  active: [quarantine, revoke],
  quarantined: [release, revoke],
  revoked: [],
};

/** Suspends, restores or ends the access of one agent; what each does is said before. */
export function ChangeAccess({ agent }: { readonly agent: Agent }) {
  const { t } = useText();
  const may = useMay('manage-agents');
  const [opened, { open, close }] = useDisclosure(false);
  if (!may || choices[agent.status].length === 0) return null;
  return (
    <>
      <Button variant="default" leftSection={<IconShieldLock size={18} aria-hidden />} onClick={open}>
        {t('access.change')}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t('access.title', { name: agent.name })}
        closeButtonProps={{ 'aria-label': t('word.close') }}
      >
        <AccessForm agent={agent} onDone={close} />
      </Modal>
    </>
  );
}

function AccessForm({ agent, onDone }: { readonly agent: Agent; readonly onDone: () => void }) {
  const { t } = useText();
  const [chosen, setChosen] = useState<Choice>();
  const [reason, setReason] = useState('');
  const change = useMutation({
    mutationFn: (status: Agent['status']) => api.setAgentAccess(agent.id, { status, reason: reason.trim() }),
    onSuccess: (changed) => {
      queryClient.setQueryData(['agent', agent.id], changed);
      announce('agents');
      onDone();
    },
  });
  const isReady = chosen !== undefined && reason.trim().length >= 3;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen && isReady) change.mutate(chosen.status);
  };
  return (
    <form className="stack" onSubmit={submit}>
      <Radio.Group
        label={t('access.what')}
        value={chosen?.status ?? null}
        onChange={(value) => setChosen(choices[agent.status].find(({ status }) => status === value))}
      >
        <div className="stack" style={{ marginTop: '0.5rem' }}>
          {choices[agent.status].map(({ status, label, text }) => (
            <Radio key={status} value={status} label={t(label)} description={t(text)} />
          ))}
        </div>
      </Radio.Group>
      <Textarea
        label={t('access.reason')}
        value={reason}
        maxLength={300}
        required
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <ProblemLine error={change.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          {t('word.cancel')}
        </Button>
        <Button
          type="submit"
          {...(chosen?.status === 'active' ? {} : { color: 'red' })}
          disabled={!isReady}
          loading={change.isPending}
        >
          {t(chosen?.label ?? 'access.do')}
        </Button>
      </Group>
    </form>
  );
}
