import { Button, Group, Menu, Select } from '@mantine/core';
import { IconBellOff, IconBellRinging, IconCheck, IconHandStop } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ProblemRow } from '../../../../../protocols/api/operation/problems.ts';
import { assigneesQuery, problemsApi } from '../../data/problems.ts';
import { useNow } from '../../state/clock.ts';
import { announce } from '../../state/live.ts';
import { useMe } from '../../state/session.ts';
import { useText } from '../../text/use-text.ts';
import { ProblemLine } from '../../ui/problem-panel.tsx';

type Work = Parameters<typeof problemsApi.work>[0];

/** Sends what people do with problems, and has everything fetched again that shows them. */
export function useWork(onDone?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Work) => problemsApi.work(body),
    onSuccess: async () => {
      onDone?.();
      announce('causes');
      await Promise.all(['problem', 'problem-counts'].map((key) => queries.invalidateQueries({ queryKey: [key] })));
    },
  });
}

const hours = [
  { key: 'problem.mute.1h', ms: 3_600_000 },
  { key: 'problem.mute.4h', ms: 4 * 3_600_000 },
  { key: 'problem.mute.1d', ms: 86_400_000 },
  { key: 'problem.mute.7d', ms: 7 * 86_400_000 },
] as const;

/** What can be done with one problem or with several at once. */
export function WorkBar({
  problems,
  onDone,
}: {
  readonly problems: readonly ProblemRow[];
  readonly onDone?: () => void;
}) {
  const { t } = useText();
  const me = useMe();
  const now = useNow();
  const work = useWork(onDone);
  const ids = problems.map(({ id }) => id);
  const units = new Set(problems.map(({ unit }) => unit.id));
  const people = useQuery(assigneesQuery(units.size === 1 ? problems[0]?.unit.id : undefined));
  const isSeen = problems.every(({ acknowledged }) => acknowledged);
  const isMuted = problems.some(({ muted }) => muted);
  const owner = problems.length === 1 ? (problems[0]?.assignee?.id ?? null) : null;
  return (
    <div className="stack">
      <Group gap="xs">
        <Button
          variant={isSeen ? 'default' : 'filled'}
          leftSection={<IconCheck size={18} aria-hidden />}
          loading={work.isPending}
          onClick={() => work.mutate({ action: isSeen ? 'unacknowledge' : 'acknowledge', ids })}
        >
          {t(isSeen ? 'problem.unacknowledge' : 'problem.acknowledge')}
        </Button>
        {owner === me.user.id ? null : (
          <Button
            variant="default"
            leftSection={<IconHandStop size={18} aria-hidden />}
            onClick={() => work.mutate({ action: 'assign', ids, assignee: me.user.id })}
          >
            {t('problem.take')}
          </Button>
        )}
        {isMuted ? (
          <Button
            variant="default"
            leftSection={<IconBellRinging size={18} aria-hidden />}
            onClick={() => work.mutate({ action: 'unmute', ids })}
          >
            {t('problem.unmute')}
          </Button>
        ) : (
          <Menu>
            <Menu.Target>
              <Button variant="default" leftSection={<IconBellOff size={18} aria-hidden />}>
                {t('problem.mute')}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {hours.map(({ key, ms }) => (
                <Menu.Item
                  key={key}
                  onClick={() => work.mutate({ action: 'mute', ids, until: new Date(now + ms).toISOString() })}
                >
                  {t(key)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
        <Select
          aria-label={t('problem.assign')}
          placeholder={t('problem.assign')}
          searchable
          clearable
          value={owner}
          data={(people.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(assignee) => work.mutate({ action: 'assign', ids, assignee })}
        />
      </Group>
      <ProblemLine error={work.error} />
    </div>
  );
}
