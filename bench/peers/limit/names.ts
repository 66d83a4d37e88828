/** What the limit's workflow and the process that drives it share; the workflow may import nothing else. */
export const LIMIT_QUEUE = 'bench-limit';
export const LIMIT_WORKFLOW = 'limit';
export const ANSWER_SIGNAL = 'answer';
export const ANSWER_UPDATE = 'answerByUpdate';

/** Two activities that do nothing but say that they ran. */
export interface LimitActivities {
  claim(step: { id: string }): Promise<{ offered: string }>;
  settle(step: { id: string }): Promise<{ assigned: boolean }>;
}
