import { BadRequestException, Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';

export interface FieldError {
  field: string;
  message: string;
}

/** 400 with what was wrong with which field. */
export class InvalidInputException extends BadRequestException {
  constructor(readonly errors: FieldError[]) {
    super(errors.map((error) => `${error.field}: ${error.message}`).join('; '));
  }
}

interface Issue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
  keys?: string[];
}
/** A body of thousands of unknown fields gets a short answer. */
const MOST_ERRORS = 20;

/** What a schema's issues say, field by field; `whole` names what has no field of its own. */
export function fieldErrors(issues: readonly Issue[], whole: string): FieldError[] {
  return issues
    .flatMap((issue) => {
      const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
      if (issue.keys !== undefined)
        return issue.keys.map((key) => ({
          field: [...path, key].join('.'),
          message: 'is not a known field',
        }));
      return [{ field: path.join('.') || whole, message: issue.message }];
    })
    .slice(0, MOST_ERRORS);
}

/** Validates by the schema at the parameter; a request without a body counts as an empty one. */
@Injectable()
export class InputPipe implements PipeTransform {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.schema === undefined) return value;
    const given = value === undefined && metadata.type === 'body' ? {} : value;
    const result = await metadata.schema['~standard'].validate(given);
    if (result.issues === undefined) return result.value;
    throw new InvalidInputException(fieldErrors(result.issues as Issue[], metadata.data ?? metadata.type));
  }
}
