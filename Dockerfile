# An image whose default command is the main job, a whole run of the preset `default`:
#   docker build -t rewardscope .
#   docker run --rm -v "$PWD/runs:/work/runs" rewardscope
#   docker run --rm rewardscope doctor
FROM node:22-bookworm-slim AS build
WORKDIR /source
COPY . .
RUN npm ci --ignore-scripts && mkdir /package && npm pack --pack-destination /package

FROM node:22-bookworm-slim
COPY --from=build /package /package
# No install script is needed. onnxruntime-node brings the libraries of all platforms, of which one is used.
RUN npm install --global --ignore-scripts --no-audit --no-fund /package/*.tgz \
  && cd "$(npm root --global)/rewardscope/node_modules/onnxruntime-node/bin/napi-v6" \
  && find . -mindepth 2 -maxdepth 2 ! -path "./linux/$(node -p process.arch)" -exec rm -r {} + \
  && rm -r /package && npm cache clean --force
WORKDIR /work
RUN mkdir runs && chown -R node:node /work
USER node
ENTRYPOINT ["rewardscope"]
CMD ["run", "default"]
