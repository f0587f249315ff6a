# make mini trains the embedded models from nothing into $(MINI). It can be stopped at any time:
# made again it goes on where it was, with the minutes that were left. SPEED=60 makes an hour a minute,
# to see that everything works; DEVICE=cuda trains on a GPU.

MINI ?= build/mini
DEVICE ?= cpu
THREADS ?= 1
SPEED ?= 1

W := $(MINI)/weights
PY := $(BIN)/python -m
minutes = $(shell awk 'BEGIN {print $(1) / $(SPEED)}')
shards = $(shell awk 'BEGIN {print int($(1) / $(SPEED)) + 1}')
pace = --minutes $(call minutes,$(1)) --anneal $(call minutes,$(2)) --device $(DEVICE) --threads $(THREADS)

.PHONY: mini
.SECONDARY:
mini: $(W)/mini-judge/config.json $(MINI)/referee.safetensors
	for model in mini-poster mini-mural; do \
	  $(PY) training.referee.measure $(W)/$$model $(MINI)/referee.safetensors --steps 12 || exit 1; done
	$(PY) training.reward.measure $(W)/mini-judge --bank $(MINI)/held/mini-poster $(MINI)/held/mini-mural \
	  --plot $(MINI)/reliability.svg
	@echo "The models are in $(W); copy them to cohp/mini/weights to have cohp draw with them."

$(MINI)/referee.safetensors: | $(READY)
	$(PY) training.referee.train $@ --threads $(THREADS)

$(MINI)/poster/annealed.pt: | $(READY)
	$(PY) training.generator.train poster --out $(@D) $(call pace,100,25)

$(MINI)/mural/annealed.pt: | $(READY)
	$(PY) training.generator.train mural --out $(@D) $(call pace,100,25) \
	  --favour fox cat rabbit owl elephant turtle

$(MINI)/%-decoder/config.json: $(MINI)/%/annealed.pt
	$(PY) training.autoencoder.train $* --out $(@D) --through $< $(call pace,40,0)

$(W)/mini-%/model_index.json: $(MINI)/%/annealed.pt $(MINI)/%-decoder/config.json
	$(PY) training.generator.export $< $(MINI)/$*-decoder $(@D)

GENERATORS := $(W)/mini-poster $(W)/mini-mural

$(MINI)/bank/.drawn: $(GENERATORS:%=%/model_index.json)
	$(PY) training.reward.bank $(@D) $(GENERATORS) --shards $(call shards,100) --threads $(THREADS)
	touch $@

$(MINI)/held/.drawn: $(GENERATORS:%=%/model_index.json)
	$(PY) training.reward.bank $(@D) $(GENERATORS) --shards $(call shards,5) --same 8 --held --threads $(THREADS)
	touch $@

$(MINI)/judge/annealed.pt: $(MINI)/bank/.drawn $(MINI)/held/.drawn
	$(PY) training.reward.train --out $(@D) --bank $(MINI)/bank/mini-* $(call pace,120,25)

$(W)/mini-judge/config.json: $(MINI)/judge/annealed.pt
	$(PY) training.reward.export $< $(@D)
