// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Address } from "@openzeppelin/contracts/utils/Address.sol";
import { Hop, Loan, Venue } from "../../../contracts/interfaces/IFlashArbitrage.sol";
import { Parts, SoundExecutor } from "./SoundExecutor.sol";

/// @notice Makes a call of the operator's choice before a swap, as an approval that some router might need.
contract CallingAnything is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _encodeSwapOfRouter(
        uint256 index,
        Hop memory hop,
        address tokenIn,
        uint256 amountIn
    ) internal view override returns (bytes memory) {
        hop.data = "";
        return super._encodeSwapOfRouter(index, hop, tokenIn, amountIn);
    }

    function _beforeSwap(Hop memory hop) internal override {
        if (hop.data.length == 0) return;
        (address target, bytes memory payload) = abi.decode(hop.data, (address, bytes));
        Address.functionCall(target, payload);
    }
}

/// @notice Runs the code of a hop's target as its own, as executors do that keep one contract for each venue.
contract DelegatingToTheTarget is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _call(
        uint256 index,
        Hop memory hop,
        bytes memory payload
    ) internal override returns (bytes memory answer) {
        if (Venue(hop.venue) == Venue.UniswapV3) return super._call(index, hop, payload);
        bool success;
        (success, answer) = hop.target.delegatecall(payload);
        require(success, "delegated");
    }
}

/// @notice Approves a router once and for all.
contract ApprovingForever is SoundExecutor {
    using SafeERC20 for IERC20;

    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _allow(address token, address spender, uint256) internal override {
        IERC20(token).forceApprove(spender, type(uint256).max);
    }

    function _disallow(address, address) internal override {}
}

interface IDebt {
    function borrow(address asset, uint256 amount, uint256 rateMode, uint16 referral, address onBehalfOf) external;
}

/// @notice Finances an order with the credit that somebody delegated to it, whose account the order names.
contract BorrowingOnBehalf is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _takeFromWallet(bytes32 id, Loan calldata loan) internal override {
        IDebt(AAVE_V3).borrow(loan.token, loan.amount, 2, 0, address(uint160(uint256(id))));
    }
}

/// @notice Finances an operator's order with what lies there.
contract SpendingWhatLiesThere is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _takeFromWallet(bytes32, Loan calldata loan) internal override {
        _balanceBefore -= loan.amount;
    }
}

/// @notice Finances anyone's order with what lies there.
contract PublicSpendingWhatLiesThere is SpendingWhatLiesThere {
    constructor(Parts memory parts) SpendingWhatLiesThere(parts) {}

    function _requireOperator() internal view override {}
}

/// @notice Takes the money for an order from the wallet that the order names.
contract TakingFromAnyWallet is SoundExecutor {
    using SafeERC20 for IERC20;

    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _takeFromWallet(bytes32 id, Loan calldata loan) internal override {
        IERC20(loan.token).safeTransferFrom(address(uint160(uint256(id))), address(this), loan.amount);
    }
}

/// @notice Lets everyone set the treasury and the operators.
contract OpenSetters is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _checkOwner() internal view override {}
}

/// @notice Has one key for everything: an operator is an owner.
contract OneKeyForAll is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _checkOwner() internal view override {
        if (!isOperator[msg.sender]) super._checkOwner();
    }
}

/// @notice Lets the guardian do what the owner can.
contract GuardianAsOwner is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _checkOwner() internal view override {
        if (msg.sender != guardian) super._checkOwner();
    }
}

/// @notice Can be left without an owner.
contract LeavingNoOwner is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function renounceOwnership() public override onlyOwner {
        _transferOwnership(address(0));
    }
}

/// @notice Hands ownership over at once, to whatever address was typed.
contract HandingOverAtOnce is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function transferOwnership(address newOwner) public override onlyOwner {
        _transferOwnership(newOwner);
    }
}

/// @notice Pays the profit to who executes.
contract PayingTheCaller is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _payee() internal view override returns (address) {
        return msg.sender;
    }
}

/// @notice Executes for everyone and pays the profit to who executes.
contract PublicPayingTheCaller is PayingTheCaller {
    constructor(Parts memory parts) PayingTheCaller(parts) {}

    function _requireOperator() internal view override {}
}

/// @notice Vouches for every signature.
contract SigningForAnyone is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    /// @notice ERC-1271.
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return this.isValidSignature.selector;
    }
}

/// @notice Executes at any time.
contract ExecutingLate is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _requireInTime(uint256) internal view override {}
}

/// @notice Can be entered again while a route runs.
contract EnteringAgain is SoundExecutor {
    constructor(Parts memory parts) SoundExecutor(parts) {}

    function _enter() internal override {
        _entered = true;
    }
}
