/** What a lane wrote about the end of an attempt. */
export interface ExitRecord {
  /** 0 to 255; 128+n for signal n. */
  readonly exitCode: number;
  /** CPU seconds of all children of the lane since it began: the difference of two records is one attempt's. */
  readonly userCpuSeconds: number;
  readonly systemCpuSeconds: number;
}

/** The first line of `exit`, written before the attempt begins. */
export const BEGUN_MARK = "+\n";

/**
 * The mark, the code, then what the builtin `times` prints: the shell's own times, its children's. bash may write a
 * decimal comma. Blanks may follow: the file of a directory that is used again holds {@linkcode BLANK_RECORD} first.
 */
const RECORD =
  /^\+\n(\d{1,3})\n\d+m\d+[.,]\d+s \d+m\d+[.,]\d+s\n(\d+)m(\d+[.,]\d+)s (\d+)m(\d+[.,]\d+)s\n *$/;

/** Longer than any record, and none. */
export const BLANK_RECORD = " ".repeat(128);

/** Null unless the record is complete: a disk that filled up or a lane that was killed leaves less. */
export function parseExitRecord(text: string): ExitRecord | null {
  const match = RECORD.exec(text);
  if (match === null) return null;
  const exitCode = Number(match[1]);
  if (exitCode > 255) return null;
  return {
    exitCode,
    userCpuSeconds: seconds(match[2], match[3]),
    systemCpuSeconds: seconds(match[4], match[5]),
  };
}

function seconds(minutes: string | undefined, rest: string | undefined): number {
  return Number(minutes) * 60 + Number(rest?.replace(",", "."));
}
