// Where programs are looked for: the PATH, and folders that a caller knows besides.
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The folders of the PATH, in their order. */
export function pathFolders(): string[] {
  return (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** The files of these names in the folders, the first name's before the second's, as the folders come. */
export function filesNamed(names: string[], folders: string[] = pathFolders()): string[] {
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .filter((file) => existsSync(file) && statSync(file).isFile());
}
