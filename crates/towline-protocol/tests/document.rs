//! `docs/protocol.md` tells the truth: its reference is what the `.proto` files and the constants say.
//!
//! After a change of the protocol, `TOWLINE_UPDATE_DOCS=1 cargo test -p towline-protocol --test document`
//! writes the reference anew.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};
use towline_protocol::{FRAME_CAP, Features, PREAMBLE, STREAM_CHUNK, SUPPORTED};

const BEGIN: &str = "<!-- reference: begin -->\n";
const END: &str = "<!-- reference: end -->\n";

fn document() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/protocol.md")
}

#[test]
fn the_document_says_what_the_protocol_is() {
    let text = std::fs::read_to_string(document()).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the document has a reference");
    let (written, after) = rest.split_once(END).expect("the reference ends");
    let reference = reference();
    if std::env::var_os("TOWLINE_UPDATE_DOCS").is_some() {
        std::fs::write(document(), format!("{before}{BEGIN}{reference}{END}{after}")).unwrap();
        return;
    }
    let differing = reference.lines().zip(written.lines()).find(|(now, then)| now != then);
    assert!(
        reference == written,
        "docs/protocol.md is out of date, first at {differing:?}: \
         TOWLINE_UPDATE_DOCS=1 cargo test -p towline-protocol --test document"
    );
}

fn reference() -> String {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let files = protox::compile(["towline.proto"], [proto]).unwrap();
    let file = &files.file[0];
    let comments = comments(file);
    let mut out = String::from("## Constants\n\n");
    let preamble = PREAMBLE.escape_ascii();
    writeln!(out, "| constant | value |\n| --- | --- |").unwrap();
    writeln!(out, "| preamble | `{preamble}` |").unwrap();
    writeln!(out, "| versions spoken | {} to {} |", SUPPORTED.min, SUPPORTED.max).unwrap();
    writeln!(out, "| largest frame | {FRAME_CAP} bytes |").unwrap();
    writeln!(out, "| most bytes of a stream in one frame | {STREAM_CHUNK} |").unwrap();
    writeln!(out, "| feature bit: `Follow.redraw` | {} |", Features::FOLLOW_REDRAW.0).unwrap();
    writeln!(out, "| feature bit: `Watch` | {} |", Features::WATCH.0).unwrap();
    writeln!(out, "| feature bit: `Subscribe`, heartbeats | {} |", Features::SUBSCRIBE.0).unwrap();
    out.push_str("\n## Messages\n");
    for (index, message) in (0..).zip(&file.message_type) {
        describe_message(&mut out, message, &[4, index], &comments);
    }
    out.push_str("\n## Enumerations\n");
    for (index, values) in (0..).zip(&file.enum_type) {
        describe_enum(&mut out, values, &[5, index], &comments);
    }
    out
}

type Comments = HashMap<Vec<i32>, String>;

/// The comments in front of things, by the path that descriptor.proto gives each thing.
fn comments(file: &FileDescriptorProto) -> Comments {
    let info = file.source_code_info.as_ref().expect("the compiler keeps comments");
    info.location
        .iter()
        .filter_map(|location| {
            let comment = location.leading_comments().trim();
            (!comment.is_empty() && !comment.starts_with('-')).then(|| {
                (location.path.clone(), comment.split_whitespace().collect::<Vec<_>>().join(" "))
            })
        })
        .collect()
}

fn describe_message(
    out: &mut String,
    message: &DescriptorProto,
    path: &[i32],
    comments: &Comments,
) {
    writeln!(out, "\n### {}\n", message.name()).unwrap();
    if let Some(comment) = comments.get(path) {
        writeln!(out, "{comment}\n").unwrap();
    }
    if message.field.is_empty() {
        writeln!(out, "No fields.").unwrap();
    } else {
        writeln!(out, "| field | number | type | |\n| --- | --- | --- | --- |").unwrap();
    }
    for (index, field) in (0..).zip(&message.field) {
        let comment = comments.get(&[path, &[2, index]].concat()).map_or("", String::as_str);
        writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            field.name(),
            field.number(),
            field_type(message, field),
            comment.replace('|', "\\|")
        )
        .unwrap();
    }
    for (index, values) in (0..).zip(&message.enum_type) {
        describe_enum(out, values, &[path, &[4, index]].concat(), comments);
    }
}

fn field_type(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let name = match field.r#type() {
        Type::Message | Type::Enum => {
            field.type_name().rsplit('.').next().unwrap_or_default().to_owned()
        }
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    };
    if field.label() == Label::Repeated {
        format!("repeated {name}")
    } else if field.proto3_optional() {
        format!("optional {name}")
    } else if let Some(index) = field.oneof_index {
        let oneof = usize::try_from(index).ok().and_then(|index| message.oneof_decl.get(index));
        format!("{name}, one of `{}`", oneof.map_or("", |oneof| oneof.name()))
    } else {
        name
    }
}

fn describe_enum(
    out: &mut String,
    values: &EnumDescriptorProto,
    path: &[i32],
    comments: &Comments,
) {
    writeln!(out, "\n### {}\n", values.name()).unwrap();
    writeln!(out, "| value | number | |\n| --- | --- | --- |").unwrap();
    for (index, value) in (0..).zip(&values.value) {
        let comment = comments.get(&[path, &[2, index]].concat()).map_or("", String::as_str);
        writeln!(out, "| `{}` | {} | {comment} |", value.name(), value.number()).unwrap();
    }
}
