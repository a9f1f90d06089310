/** A reason as callers give one, for the record and for others to read: short, and nothing unseen in it. */
import { z } from 'zod';
import { visibleTextProblem } from '../visible-text.rules.ts';

/** At most 500 characters, line breaks among them, that can be seen for what they are. */
export const reasonText = z
  .string()
  .max(500, { error: 'has at most 500 characters', abort: true })
  .superRefine((text, context) => {
    const problem = visibleTextProblem(text, '', { hasLines: true });
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem.message.trim() });
  });
