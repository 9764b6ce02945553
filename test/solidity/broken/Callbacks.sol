// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IFlashArbitrage } from "../../../contracts/interfaces/IFlashArbitrage.sol";
import { Parts, SoundExecutor } from "./SoundExecutor.sol";

/// @notice Pays whoever asks for the input of a swap.
contract PayingAnyPool is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _acceptSwap(bytes calldata) internal override {
        _announced = 0;
    }
}

/// @notice Takes a loan from whoever brings it.
contract AnsweringAnyLender is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _acceptLoan(bytes calldata) internal override {
        _announced = 0;
    }
}

/// @notice Takes a loan that it did not ask for, if a known lender brings it.
contract AnsweringKnownLenders is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _acceptLoan(bytes calldata) internal override {
        _announced = 0;
        if (msg.sender != AAVE_V3 && msg.sender != BALANCER_V2) revert IFlashArbitrage.UnannouncedCallback(msg.sender);
    }
}

interface ISelfDeclaredPool {
    function factory() external view returns (ISelfDeclaredFactory);
}

interface ISelfDeclaredFactory {
    function isPool(address pool) external view returns (bool);
}

/// @notice Pays a pool that is of a factory, and asks the pool which one.
contract AskingThePoolForItsFactory is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _acceptSwap(bytes calldata) internal override {
        _announced = 0;
        if (msg.sender.code.length == 0 || !ISelfDeclaredPool(msg.sender).factory().isPool(msg.sender)) {
            revert IFlashArbitrage.UnannouncedCallback(msg.sender);
        }
    }
}

/// @notice Knows by whom it is called back, and not with what.
contract TakingAnyPayload is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _announce(address caller, bytes memory) internal override {
        _announced = bytes32(uint256(uint160(caller)));
    }

    function _accept(bytes calldata) internal virtual override {
        address announced = address(uint160(uint256(_announced)));
        _announced = 0;
        if (msg.sender != announced) revert IFlashArbitrage.UnannouncedCallback(msg.sender);
    }
}

/// @notice Is open to everyone, who so names the pool that it pays.
contract PublicTakingAnyPayload is TakingAnyPayload {
    constructor(Parts memory parts) TakingAnyPayload(parts) {}

    function _requireOperator() internal view override {}
}

/// @notice Keeps what it paid in the word that named the pool.
contract SharingAWord is TakingAnyPayload {
    constructor(Parts memory parts) TakingAnyPayload(parts) {}

    function _afterPayment(uint256 paid) internal override {
        _announced = bytes32(paid);
    }

    function _requireSpent(uint256, address) internal override {
        // What is left there is an amount.
        _announced = 0;
    }
}

/// @notice Accepts the same callback as often as it comes during the hop.
contract PayingTwice is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _accept(bytes calldata payload) internal view override {
        if (_announced != keccak256(abi.encode(msg.sender, keccak256(payload)))) {
            revert IFlashArbitrage.UnannouncedCallback(msg.sender);
        }
    }

    function _requireSpent(uint256, address) internal override {
        _announced = 0;
    }
}

/// @notice Takes ether from anyone at any time, as the sign that its sender is the pool to pay next.
contract ListeningToEther is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _receiveEther() internal override {
        _announced = bytes32(uint256(uint160(msg.sender)));
    }

    function _accept(bytes calldata payload) internal override {
        bytes32 announced = _announced;
        _announced = 0;
        if (
            announced != keccak256(abi.encode(msg.sender, keccak256(payload))) &&
            announced != bytes32(uint256(uint160(msg.sender)))
        ) revert IFlashArbitrage.UnannouncedCallback(msg.sender);
    }
}

/// @notice Waits for a loan's callback as long as the transaction lasts.
contract WaitingForTheLender is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _requireDelivered(uint8) internal view override {}
}
