//! Generates the messages from the published `.proto` files, without `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = ["proto/towline.proto", "proto/holder.proto"];
    for file in files {
        println!("cargo::rerun-if-changed={file}");
    }
    let descriptors = protox::compile(files, ["proto"])?;
    prost_build::Config::new().compile_fds(descriptors)?;
    Ok(())
}
