import { measure } from './limits.ts';
import type { Emitted, Limit, OutputFile, Part, Upload } from './target.ts';

/** One way to write a document. */
export interface Form {
  /** As the report names it. */
  name: string;
  write(): Written;
}

export interface Written {
  /** The first is the document; its size counts. */
  files: [document: OutputFile, ...others: OutputFile[]];
  uploads?: readonly Upload[];
  parts(): Part[];
}

/**
 * The first of the legal forms that fits the limit. Where none does, the one that is nearest to it: the caller sees its
 * size.
 */
export function firstThatFits(role: string, limit: Limit, forms: readonly Form[]): Emitted {
  let nearest: Emitted | undefined;
  for (const { name, write } of forms) {
    const { files, uploads, parts } = write();
    const size = measure(files[0].bytes, limit);
    const emitted: Emitted = {
      role,
      files,
      size,
      limit,
      form: name,
      forms: forms.map((form) => form.name),
      ...(uploads === undefined ? {} : { uploads }),
      get parts() {
        return parts().map((part) => ({ ...part, bytes: measure({ length: part.bytes }, limit) }));
      },
    };
    if (size <= limit.bytes) return emitted;
    if (nearest === undefined || size < nearest.size) nearest = emitted;
  }
  if (nearest === undefined) throw new Error(`no form for ${role}`);
  return nearest;
}
