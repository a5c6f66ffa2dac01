import { Button } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { saveFile } from '../views/devices/export-devices.ts';
import { ProblemLine } from './problem-panel.tsx';

interface PrintButtonProps {
  readonly label: string;
  /** Name of the file without its ending. */
  readonly name: string;
  readonly make: () => Promise<Blob>;
}

/** Fetches a PDF and hands it to the reader's device, from where it is printed. */
export function PrintButton({ label, name, make }: PrintButtonProps) {
  const print = useMutation({ mutationFn: make, onSuccess: (pdf) => saveFile(pdf, `${name}.pdf`) });
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPrinter size={18} aria-hidden />}
        loading={print.isPending}
        onClick={() => print.mutate()}
      >
        {label}
      </Button>
      <ProblemLine error={print.error} />
    </>
  );
}
