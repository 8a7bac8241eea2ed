//! Writes the [scanned](super::output_scanner) definitions with the authors' comments, in prettyplease's layout.
//! Definitions with a long line that no rule here covers go through syn and prettyplease.

use super::docs::{PackageDocs, document, module_name};
use super::output_scanner::{
    AS_STR_NAME, FROM_STR_NAME, NameArm, NameImpl, ScannedAttribute, ScannedDefinition, ScannedEnumValue,
    ScannedField, ScannedFields, ScannedItem, ScannedOutput, parameters,
};
use crate::input::SourceFile;
use crate::model::{Docs, Package};
use crate::{Diagnostic, format};

/// Maximum width of a line in characters, as in prettyplease.
const MAX_LINE_WIDTH: usize = 89;
/// Minimum width of a line's content in characters, regardless of indentation.
const MIN_CONTENT_WIDTH: usize = 60;

/// Formats prost-build's output for a chunk, with an empty line between items.
pub(crate) fn write_definitions(
    package: &Package,
    scan: &ScannedOutput<'_>,
    source: &SourceFile,
) -> Result<String, Diagnostic> {
    let docs = PackageDocs::of(package);
    let module = module_name(package);
    let mut text = String::new();
    for definition in &scan.definitions {
        if !text.is_empty() {
            text.push('\n');
        }
        let length = text.len();
        let mut lines = DefinitionWriter {
            text,
            depth: 0,
            docs: &docs,
        };
        let done = lines.item(&definition.item, "", module.as_deref());
        text = lines.text;
        if done.is_none() {
            text.truncate(length);
            text.push_str(&parsed(definition, &docs, module.as_deref(), source)?);
        }
    }
    Ok(text)
}

fn parsed(
    definition: &ScannedDefinition<'_>,
    docs: &PackageDocs<'_>,
    module: Option<&str>,
    source: &SourceFile,
) -> Result<String, Diagnostic> {
    let mut items = super::parse(definition.text, source)?;
    document(&mut items, "", module, docs);
    Ok(format::file(items))
}

struct DefinitionWriter<'a> {
    text: String,
    depth: usize,
    docs: &'a PackageDocs<'a>,
}

impl DefinitionWriter<'_> {
    /// Writes an item. Returns `None` if no rule covers it; part of it may have been written.
    fn item(&mut self, item: &ScannedItem<'_>, scope: &str, module: Option<&str>) -> Option<()> {
        match item {
            ScannedItem::Struct(item) => self.structure(item, scope),
            ScannedItem::Oneof(item) => self.oneof(item, scope),
            ScannedItem::Enum {
                attributes,
                ident,
                values,
            } => self.enumeration((attributes, ident), values, scope),
            ScannedItem::EnumImpl { ident, arms } => self.enum_impl(ident, arms),
            ScannedItem::Name(name) => self.name(name),
            ScannedItem::Module { doc, ident, items } => {
                self.push(&["///", doc]);
                if module == Some(ident) {
                    self.line(&["#[allow(clippy::module_inception)]"])?;
                }
                self.open(&["pub mod ", ident, " {"])?;
                let scope = format!("{scope}{ident}::");
                for item in items {
                    self.item(item, &scope, Some(ident))?;
                }
                self.close("}")
            }
        }
    }

    fn structure(&mut self, item: &ScannedFields<'_>, scope: &str) -> Option<()> {
        let path = format!("{scope}{}", item.ident);
        let (members, oneofs) = (self.docs.members.get(&path), self.docs.oneof_fields.get(&path));
        let docs = item.fields.iter().map(|field| {
            let oneof = oneofs.and_then(|oneofs| oneofs.get(field.ident));
            let plain = || match field.tags.as_slice() {
                [tag] => members?.get(&i64::from(*tag)),
                _ => None,
            };
            oneof.or_else(plain).copied()
        });
        let docs: Vec<_> = docs.collect();
        self.head(&path, &item.attributes, &docs)?;
        if item.fields.is_empty() {
            return self.line(&["pub struct ", item.ident, " {}"]);
        }
        self.open(&["pub struct ", item.ident, " {"])?;
        for (field, docs) in item.fields.iter().zip(docs) {
            self.docs(docs)?;
            self.attributes(&field.attributes)?;
            self.ty(&format!("pub {}: ", field.ident), field.ty, ",", 1)?;
        }
        self.close("}")
    }

    fn oneof(&mut self, item: &ScannedFields<'_>, scope: &str) -> Option<()> {
        let path = format!("{scope}{}", item.ident);
        let members = self.docs.members.get(&path);
        let docs = item.fields.iter().map(|field| {
            let tag = field.tags.first()?;
            members?.get(&i64::from(*tag)).copied()
        });
        let docs: Vec<_> = docs.collect();
        self.head(&path, &item.attributes, &docs)?;
        self.open(&["pub enum ", item.ident, " {"])?;
        for (field, docs) in item.fields.iter().zip(docs) {
            self.docs(docs)?;
            self.attributes(&field.attributes)?;
            self.variant(field)?;
        }
        self.close("}")
    }

    fn variant(&mut self, field: &ScannedField<'_>) -> Option<()> {
        let ScannedField { ident, ty, .. } = field;
        if self.fits(ident.len() + ty.len() + "(),".len()) {
            self.push(&[ident, "(", ty, "),"]);
            return Some(());
        }
        self.open(&[ident, "("])?;
        self.ty("", ty, ",", 0)?;
        self.close("),")
    }

    fn enumeration(
        &mut self,
        (attributes, ident): (&[ScannedAttribute<'_>], &str),
        values: &[ScannedEnumValue<'_>],
        scope: &str,
    ) -> Option<()> {
        let path = format!("{scope}{ident}");
        let members = self.docs.members.get(&path);
        let docs = values
            .iter()
            .map(|value| members?.get(&i64::from(value.number)).copied());
        let docs: Vec<_> = docs.collect();
        self.head(&path, attributes, &docs)?;
        self.open(&["pub enum ", ident, " {"])?;
        for (value, docs) in values.iter().zip(docs) {
            self.docs(docs)?;
            if value.is_deprecated {
                self.line(&["#[deprecated]"])?;
            }
            self.line(&[value.ident, " = ", &value.number.to_string(), ","])?;
        }
        self.close("}")
    }

    fn enum_impl(&mut self, ident: &str, arms: &[NameArm<'_>]) -> Option<()> {
        self.open(&["impl ", ident, " {"])?;
        self.function(&AS_STR_NAME)?;
        for arm in arms {
            if arm.is_deprecated {
                self.line(&["#[allow(deprecated)]"])?;
            }
            let body = format!("\"{}\"", arm.proto_name);
            if !self.arm(&["Self::", arm.ident], &body)? {
                self.push(&[&body]);
                self.close("}")?;
            }
        }
        self.close("}")?;
        self.close("}")?;
        self.function(&FROM_STR_NAME)?;
        for arm in arms {
            let allow = if arm.is_deprecated {
                "#[allow(deprecated)] "
            } else {
                ""
            };
            let body = format!("Some({allow}Self::{})", arm.ident);
            if !self.arm(&["\"", arm.proto_name, "\""], &body)? {
                if self.fits(body.len()) {
                    self.push(&[&body]);
                } else if arm.is_deprecated {
                    return None;
                } else {
                    self.open(&["Some("])?;
                    self.push(&["Self::", arm.ident, ","]);
                    self.close(")")?;
                }
                self.close("}")?;
            }
        }
        self.line(&["_ => None,"])?;
        self.close("}")?;
        self.close("}")?;
        self.close("}")
    }

    /// Opens a function by its first lines, and the `match` in it.
    fn function(&mut self, lines: &[&str]) -> Option<()> {
        for line in lines {
            if line.ends_with('{') {
                self.open(&[line])?;
            } else {
                self.push(&[line]);
            }
        }
        Some(())
    }

    /// Writes a match arm, or opens a block for its body.
    fn arm(&mut self, pattern: &[&str], body: &str) -> Option<bool> {
        let length: usize = pattern.iter().map(|part| part.len()).sum();
        // The trailing comma does not count.
        let fits = self.fits(length + " => ".len() + body.len());
        self.indent();
        for part in pattern {
            self.text.push_str(part);
        }
        self.text.push_str(" => ");
        if fits {
            self.text.push_str(body);
            self.text.push_str(",\n");
        } else {
            self.text.push_str("{\n");
            self.depth += 1;
        }
        Some(fits)
    }

    fn name(&mut self, name: &NameImpl<'_>) -> Option<()> {
        let header = ["impl ", name.path, " for ", name.ident, " {"];
        if self.fits(header.iter().map(|part| part.len()).sum()) {
            self.open(&header)?;
        } else {
            self.line(&["impl ", name.path])?;
            self.open(&["for ", name.ident, " {"])?;
        }
        // prettyplease never breaks these lines.
        self.push(&["const NAME: &'static str = \"", name.proto_name, "\";"]);
        self.push(&["const PACKAGE: &'static str = \"", name.package, "\";"]);
        for (function, value) in [("full_name", name.full_name), ("type_url", name.type_url)] {
            self.open(&["fn ", function, "() -> ", name.string, " {"])?;
            if self.fits(value.len() + "\"\".into()".len()) {
                self.push(&["\"", value, "\".into()"]);
            } else {
                self.push(&["\"", value, "\""]);
                self.depth += 1;
                self.push(&[".into()"]);
                self.depth -= 1;
            }
            self.close("}")?;
        }
        self.close("}")
    }

    /// Writes the docs and attributes of an item whose members have these docs.
    fn head(
        &mut self,
        path: &str,
        attributes: &[ScannedAttribute<'_>],
        members: &[Option<&Docs>],
    ) -> Option<()> {
        let docs = self.docs.items.get(path).copied();
        self.docs(docs)?;
        let are_there = |docs: &Option<&Docs>| docs.is_some_and(|docs| !docs.is_empty());
        if !are_there(&docs) || !members.iter().all(are_there) {
            self.line(&["#[allow(missing_docs)]"])?;
        }
        self.attributes(attributes)
    }

    fn docs(&mut self, docs: Option<&Docs>) -> Option<()> {
        for line in docs.into_iter().flat_map(|docs| &docs.0) {
            if line.contains('\n') || line.starts_with('/') {
                return None;
            }
            self.push(&["///", line.trim_end_matches(' ')]);
        }
        Some(())
    }

    fn attributes(&mut self, attributes: &[ScannedAttribute<'_>]) -> Option<()> {
        for ScannedAttribute { name, arguments } in attributes {
            if arguments.is_empty() {
                self.line(&["#[", name, "]"])?;
                continue;
            }
            let length: usize = arguments.iter().map(|argument| argument.len() + 2).sum();
            if self.fits(name.len() + length - 2 + "#[()]".len()) {
                self.indent();
                self.text.push_str("#[");
                self.text.push_str(name);
                self.text.push('(');
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.text.push_str(", ");
                    }
                    self.text.push_str(argument);
                }
                self.text.push_str(")]\n");
            } else {
                self.open(&["#[", name, "("])?;
                for (index, argument) in arguments.iter().enumerate() {
                    let is_last = index + 1 == arguments.len();
                    self.push(&[argument, if is_last { "" } else { "," }]);
                }
                self.close(")]")?;
            }
        }
        Some(())
    }

    /// Writes a type between other text; `counts` is the length of `after` that belongs to the line.
    fn ty(&mut self, before: &str, ty: &str, after: &str, counts: usize) -> Option<()> {
        let fits = self.fits(before.len() + ty.len() + counts);
        let Some((path, parameters)) = parameters(ty).filter(|_| !fits) else {
            self.push(&[before, ty, after]);
            return Some(());
        };
        self.push(&[before, path, "<"]);
        self.depth += 1;
        let last = parameters.len() - 1;
        for (index, parameter) in parameters.into_iter().enumerate() {
            self.ty("", parameter, ",", usize::from(index < last))?;
        }
        self.close(&format!(">{after}"))
    }

    /// Writes a line that prettyplease would break if it were too long.
    fn line(&mut self, parts: &[&str]) -> Option<()> {
        let length = parts.iter().map(|part| part.len()).sum();
        self.fits(length).then(|| self.push(parts))
    }

    fn open(&mut self, parts: &[&str]) -> Option<()> {
        self.line(parts)?;
        self.depth += 1;
        Some(())
    }

    fn close(&mut self, line: &str) -> Option<()> {
        self.depth -= 1;
        self.push(&[line]);
        Some(())
    }

    /// Writes a line that prettyplease never breaks.
    fn push(&mut self, parts: &[&str]) {
        self.indent();
        for part in parts {
            self.text.push_str(part);
        }
        self.text.push('\n');
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("    ");
        }
    }

    fn fits(&self, length: usize) -> bool {
        length
            <= MAX_LINE_WIDTH
                .saturating_sub(self.depth * 4)
                .max(MIN_CONTENT_WIDTH)
    }
}

#[cfg(test)]
mod tests;
