import {
  Component,
  h,
  type Attributes,
  type FunctionComponent,
  type ComponentChildren,
  type ComponentType,
  type VNode,
} from 'preact';

/** The component, rendered again only when one of its props is another value. */
export function memo<P extends object>(inner: (props: P) => VNode | null): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return (Object.keys(next) as (keyof P)[]).some(
        (key) => key !== ('children' as keyof P) && next[key] !== (this.props as P)[key],
      );
    }
    render(props: P): ComponentChildren {
      return h(inner as FunctionComponent<P>, props as Attributes & P);
    }
  };
}
