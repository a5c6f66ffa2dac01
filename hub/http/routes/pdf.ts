import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { problemResponses } from '../route.ts';

/** Documents an answer that is a PDF file. */
export const pdfResponses = {
  200: { description: 'The document', content: { 'application/pdf': { schema: z.string() } } },
  ...problemResponses,
} as const;

/** Sends a PDF under a name for whoever saves it. */
export function answerPdf(reply: FastifyReply, name: string, bytes: Buffer): Buffer {
  reply.type('application/pdf').header('content-disposition', `inline; filename="${name}.pdf"`);
  return bytes;
}
